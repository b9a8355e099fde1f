// Finds the adapters on a model, for callers without a handle.

import type { AdaptableModel } from "@lowrank/contracts";
import { adapterNotFoundError } from "../errors/errors.ts";
import { AdapterHandle } from "./adapter-handle.ts";
import { adaptersOn } from "./adapter-names.ts";

/** The names of the adapters on a model, in the order of attaching. */
export function adapterNames(model: AdaptableModel): readonly string[] {
  return [...adaptersOn(model).keys()];
}

/**
 * Finds an adapter by name: to rescale, save, swap, detach or delete it.
 *
 * @throws ADAPTER_NOT_FOUND, which lists the attached adapters
 *
 * @example
 * ```ts
 * import type { AdaptableModel } from "@lowrank/contracts";
 * import { adapterNames, findAdapter } from "@lowrank/inject";
 *
 * export function deleteAll(model: AdaptableModel): void {
 *   for (const name of adapterNames(model)) findAdapter(model, name).dispose();
 * }
 * ```
 */
export function findAdapter(model: AdaptableModel, name: string): AdapterHandle {
  const adapters = adaptersOn(model);
  const handle = adapters.get(name);
  if (!(handle instanceof AdapterHandle)) throw adapterNotFoundError(name, [...adapters.keys()]);
  return handle;
}
