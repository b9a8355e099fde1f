// Everything that reads and attaches adapter files, loaded on first use: visitors of a page may never need it.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import type { Notices } from "../notices.ts";
import { omitUndefined } from "../omit-undefined.ts";

export { readAdapterIn } from "@lowrank/adapter-format";

export interface AttachRequest {
  /** The adapter's name within the model; default "default". */
  readonly adapterName?: string | undefined;
  /** Whether the adapter's variables will be trained. */
  readonly trainable?: boolean;
  /** Whether the adapter may have been trained on another base. */
  readonly allowDifferentBase?: boolean | undefined;
}

/** Attaches an adapter that was read, to the model that was shaped for it. */
export function attachTo(
  model: PretrainedModel,
  adapter: Adapter,
  { trainable = false, allowDifferentBase = false, adapterName }: AttachRequest,
  { warn: onWarning }: Notices,
): AdapterHandle {
  const named = omitUndefined({ name: adapterName });
  const baseFingerprint = model.fingerprint;
  return attachAdapter(model, adapter, { ...named, baseFingerprint, allowDifferentBase, trainable, onWarning });
}
