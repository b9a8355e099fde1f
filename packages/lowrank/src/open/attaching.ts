// All that reads and attaches an adapter from files, loaded with the first of them: a page's visitors may never bring one.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";

export { readAdapterIn } from "@lowrank/adapter-format";

export interface AttachRequest {
  /** The adapter's name within the model; "default" if absent. */
  readonly adapterName?: string | undefined;
  /** Whether the adapter's variables will be trained. */
  readonly trainable?: boolean;
  /** Whether the adapter may have been made on other files than the base's. */
  readonly allowDifferentBase?: boolean | undefined;
}

/** Attaches what was read; the model is the one that was shaped for it. */
export function attachTo(
  model: PretrainedModel,
  adapter: Adapter,
  { trainable = false, allowDifferentBase = false, adapterName }: AttachRequest,
  { warn: onWarning }: Notices,
): AdapterHandle {
  const named = given({ name: adapterName });
  const baseFingerprint = model.fingerprint;
  return attachAdapter(model, adapter, { ...named, baseFingerprint, allowDifferentBase, trainable, onWarning });
}
