// Another adapter in the place of one that is attached: same name, same handle, no second look at the model's code.

import type { Adapter } from "@lowrank/adapter-format";
import { refuseUnknownOptions } from "@lowrank/contracts";
import { HandleDisposedError } from "../errors/errors.ts";
import { disposeContents } from "../handle/adapter-contents.ts";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { type AttachOptions, storedContents, storedNames } from "./attach-adapter.ts";

/**
 * Puts another adapter's values behind a handle's name. It may have other ranks, scalings and targets: what it does not
 * target is no longer adapted. Its variables are new, and the handle's scale is 1 again.
 *
 * Everything is checked first, as `attachAdapter` does; the adapter that was there goes on working if the new one does not
 * fit. (PEFT's `hotswap_adapter` zeroes what the new file lacks; here a file that lacks what its own configuration asks for
 * is refused.)
 *
 * @throws what `attachAdapter` throws, and HandleDisposedError
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { type AdapterHandle, hotSwap } from "@lowrank/inject";
 *
 * export function nextVersion(handle: AdapterHandle, adapter: Adapter): void {
 *   hotSwap(handle, adapter); // calls that select handle.name now compute with the new adapter
 * }
 * ```
 */
export function hotSwap(handle: AdapterHandle, adapter: Adapter, options: Omit<AttachOptions, "name"> = {}): void {
  refuseUnknownOptions("hotSwap", options, storedNames);
  if (handle.isDisposed) throw new HandleDisposedError(handle.name);
  const contents = storedContents(handle.model, adapter, { ...options, name: handle.name });
  try {
    handle.exchange(contents);
  } catch (error) {
    disposeContents(contents);
    throw error;
  }
}
