// What PEFT writes more than once, parameters of modules that are trained whole, and what a variant does not read of its own.

import type { LoraConfig } from "../../lora-config.ts";
import { isSavedModule } from "../../targets/saved-modules.ts";
import { variants } from "../../variants/variants.ts";

/**
 * What PEFT puts between a module that is trained whole and its parameters, in memory: the copy – of a table inside such a
 * module with the adapter's name –, and the original.
 */
const wrapper = /\.(modules_to_save(\.[^.]+)?|original_module)\./;

/**
 * Whether a key says nothing that is read: it repeats another, or is a variant's for training.
 *
 * Of a module that is trained whole, PEFT writes parameters as they are called in memory –
 * "classifier.modules_to_save.bias", "classifier.original_module.bias" – and besides them the module's own
 * "classifier.bias", which is the one that it reads: with `bias: "all"` everything with "bias" in its name, and of an
 * embedding or a head whose vocabulary was resized every parameter.
 *
 * @param keys the file's
 */
export function isLeftOut(config: LoraConfig, key: string, keys: Pick<ReadonlySet<string>, "has">): boolean {
  if (variants.some((row) => row.asked(config) !== null && row.isLeftOut?.(key, keys))) return true;
  const found = wrapper.exec(key);
  if (found === null || !isSavedModule(config, key.slice(0, found.index))) return false;
  return (config.bias === "all" && key.endsWith("bias")) || keys.has(key.replace(wrapper, "."));
}
