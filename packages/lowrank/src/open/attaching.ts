// All that reads and attaches an adapter from files, loaded with the first of them: a page's visitors may never bring one.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import type { ModelRequest } from "./open-base.ts";

export { readAdapterIn } from "@lowrank/adapter-format";

/** Attaches what was read; the model is the one that was shaped for it. */
export function attachTo(
  model: PretrainedModel,
  adapter: Adapter,
  {
    trainable = false,
    allowDifferentBase = false,
    adapterName,
  }: Pick<ModelRequest, "trainable" | "adapterName" | "allowDifferentBase">,
  { warn: onWarning }: Notices,
): AdapterHandle {
  const named = given({ name: adapterName });
  const baseFingerprint = model.fingerprint;
  return attachAdapter(model, adapter, { ...named, baseFingerprint, allowDifferentBase, trainable, onWarning });
}
