// Which adapter names a model has in use. Kept here and not on the model, so that anything with sites can be adapted.

import type { AdaptableModel } from "@lowrank/contracts";
import type { WeightChange } from "../adapted/adapter-part.ts";
import { AdapterExistsError, InvalidAdapterNameError } from "../errors/errors.ts";

/** What is known of an adapter by its name. */
export interface NamedAdapter {
  readonly name: string;
  /** Every weight of the base that it changes. */
  readonly changes: readonly WeightChange[];
}

/** By name; null for what is no adapter, as a measurement. */
const namesInUse = new WeakMap<AdaptableModel, Map<string, NamedAdapter | null>>();

/**
 * Reserves a name on a model and returns the function that frees it. `handle`: the adapter that will go by it.
 *
 * @throws InvalidAdapterNameError, AdapterExistsError
 */
export function claimName(model: AdaptableModel, name: string, handle: NamedAdapter | null = null): () => void {
  // PEFT nests adapters by name in module paths and calls the base "__base__" in mixed batches.
  if (name === "" || name === "__base__" || /[./\\]/.test(name)) throw new InvalidAdapterNameError(name);
  const names = namesInUse.get(model) ?? new Map<string, NamedAdapter | null>();
  namesInUse.set(model, names);
  if (names.has(name)) throw new AdapterExistsError(name);
  names.set(name, handle);
  return () => {
    names.delete(name);
  };
}

/** Every adapter on a model by its name, in the order in which they were attached. */
export function adaptersOn(model: AdaptableModel): ReadonlyMap<string, NamedAdapter> {
  const named = [...(namesInUse.get(model) ?? [])];
  return new Map(named.flatMap(([name, handle]) => (handle === null ? [] : [[name, handle] as const])));
}
