// Which adapter names a model has in use. Kept here and not on the model, so that anything with sites can be adapted.

import type { AdaptableModel } from "@lowrank/contracts";
import { AdapterExistsError, InvalidAdapterNameError } from "./errors.ts";

const namesInUse = new WeakMap<AdaptableModel, Set<string>>();

/**
 * Reserves a name on a model and returns the function that frees it.
 *
 * @throws InvalidAdapterNameError, AdapterExistsError
 */
export function claimName(model: AdaptableModel, name: string): () => void {
  // PEFT nests adapters by name in module paths and calls the base "__base__" in mixed batches.
  if (name === "" || name === "__base__" || /[./\\]/.test(name)) throw new InvalidAdapterNameError(name);
  const names = namesInUse.get(model) ?? new Set();
  namesInUse.set(model, names);
  if (names.has(name)) throw new AdapterExistsError(name);
  names.add(name);
  return () => {
    names.delete(name);
  };
}
