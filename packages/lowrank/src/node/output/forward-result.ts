// Whether a file is one that "lowrank forward" wrote: it may be replaced by the next one, and a model's weights may not.

import { openSafetensors, SafetensorsError } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";

/** Names of the tensors that a forward pass gives. */
export const resultNames = { logits: "logits", hidden: "last_hidden_state", loss: "loss" };

/** An empty file is as good as none. */
export async function isForwardResult(path: string): Promise<boolean> {
  const source = await openFile(path);
  try {
    if (source.size === 0) return true;
    const { tensors } = await openSafetensors(source);
    const known = new Set(Object.values(resultNames));
    return tensors.size > 0 && [...tensors.keys()].every((name) => known.has(name));
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  } finally {
    await source.close();
  }
}
