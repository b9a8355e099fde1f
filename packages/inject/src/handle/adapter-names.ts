// The adapter names in use on each model. They are stored here and not on the model, so that anything with sites can be adapted.

import type { AdaptableModel } from "@lowrank/contracts";
import type { WeightChange } from "../adapted/adapter-part.ts";
import { adapterExistsError, invalidAdapterNameError } from "../errors/errors.ts";

/** An adapter as seen by its name. */
export interface NamedAdapter {
  readonly name: string;
  /** All base weights that it changes. */
  readonly changes: readonly WeightChange[];
}

/** By name; null if the name is used by something else, such as a measurement. */
const namesInUse = new WeakMap<AdaptableModel, Map<string, NamedAdapter | null>>();

/**
 * Reserves a name on a model and returns a function that frees it. `handle`: the adapter with that name.
 *
 * @throws INVALID_ADAPTER_NAME, ADAPTER_EXISTS
 */
export function claimName(model: AdaptableModel, name: string, handle: NamedAdapter | null = null): () => void {
  // In PEFT the name is a part of module paths, and "__base__" means the base in mixed batches.
  if (name === "" || name === "__base__" || /[./\\]/.test(name)) throw invalidAdapterNameError(name);
  const names = namesInUse.get(model) ?? new Map<string, NamedAdapter | null>();
  namesInUse.set(model, names);
  if (names.has(name)) throw adapterExistsError(name);
  names.set(name, handle);
  return () => {
    names.delete(name);
  };
}

/** All adapters on a model by name, in the order of attaching. */
export function adaptersOn(model: AdaptableModel): ReadonlyMap<string, NamedAdapter> {
  const named = [...(namesInUse.get(model) ?? [])];
  return new Map(named.flatMap(([name, handle]) => (handle === null ? [] : [[name, handle] as const])));
}
