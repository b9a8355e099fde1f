// Modules that PEFT 0.21.2 refuses to adapt (tuners_utils.py, `_check_lora_target_modules_mamba`): the fused kernels of transformers
// read the module's weight and would leave out the adapter.

import type { Warning } from "@lowrank/contracts";
import { describeValue } from "@lowrank/contracts/internal";

const refused: ReadonlyMap<string, string> = new Map([["falcon_h1", "out_proj"]]);

/** Whether PEFT refuses an adapter with this module, in models of this type. */
export function isRefusedByPeft(path: string, modelType: string | undefined): boolean {
  const name = refused.get(modelType ?? "");
  return name !== undefined && path.split(".").at(-1) === name;
}

/** A warning if one of the adapted modules is such a module. */
export function refusedByPeft(matched: readonly string[], modelType: string | undefined): readonly Warning[] {
  const path = matched.find((path) => isRefusedByPeft(path, modelType));
  if (path === undefined) return [];
  const message = `PEFT refuses to adapt ${describeValue(path)} in models of type ${describeValue(modelType)}, so it cannot read this adapter. Leave the module out if PEFT is to read it.`;
  return [{ code: "TARGET_REFUSED_BY_PEFT", message }];
}
