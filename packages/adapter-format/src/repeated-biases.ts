// Biases that PEFT writes more than once.

import type { LoraConfig } from "./lora-config.ts";
import { isSavedModule } from "./saved-modules.ts";

/** What PEFT puts between a module that is trained whole and its parameters, in memory: the copy, and the original. */
const wrapper = /\.(modules_to_save|original_module)\./;

/**
 * Whether a key repeats the bias of a module that is trained whole. With `bias: "all"` PEFT writes every parameter with
 * "bias" in its name as it is called in memory – "classifier.modules_to_save.bias", "classifier.original_module.bias" – and
 * the module's own "classifier.bias" besides, which is the one it reads.
 */
export function isRepeatedBias(config: Pick<LoraConfig, "bias" | "modulesToSave">, key: string): boolean {
  const found = wrapper.exec(key);
  return (
    found !== null && config.bias === "all" && key.endsWith("bias") && isSavedModule(config, key.slice(0, found.index))
  );
}
