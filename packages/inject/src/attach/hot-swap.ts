// Replaces an attached adapter by another one: same name and handle.

import type { Adapter } from "@lowrank/adapter-format";
import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { handleDisposedError } from "../errors/errors.ts";
import { disposeContents } from "../handle/adapter-contents.ts";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { type AttachOptions, storedContents, storedNames } from "./attach-adapter.ts";

/**
 * Replaces a handle's adapter. The new one may have other ranks, scalings and targets; layers that it does not target are no
 * longer adapted. Its variables are new, and the handle's scale is 1 again.
 *
 * Everything is checked first, as in `attachAdapter`. The old adapter stays active if the new one does not fit. (PEFT's
 * `hotswap_adapter` sets missing tensors to zero; here a file with missing tensors is refused.)
 *
 * @throws the errors of `attachAdapter`, and HANDLE_DISPOSED
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
  if (handle.isDisposed) throw handleDisposedError(handle.name);
  const contents = storedContents(handle.model, adapter, { ...options, name: handle.name });
  try {
    handle.exchange(contents);
  } catch (error) {
    disposeContents(contents);
    throw error;
  }
}
