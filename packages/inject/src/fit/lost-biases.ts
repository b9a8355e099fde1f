// Biases of adapted layers that an older PEFT lost: it searched for "query.bias", but they were named "query.base_layer.bias".
// Today's PEFT ignores "query.bias" from PEFT 0.6.

import { type Adapter, parseTensorKey } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";

/** Keys of the planned biases of adapted layers, if a file has none of them. Then the base's biases are used, as in PEFT. */
export function lostBiases(plan: InjectionPlan, { tensors }: Adapter): ReadonlySet<string> {
  const ofLayers = partsOf(plan, "whole-parameter").filter(
    ({ key, reason }) => reason === "bias" && parseTensorKey(key)?.part === "base_layer",
  );
  return new Set(ofLayers.some(({ key }) => tensors.has(key)) ? [] : ofLayers.map(({ key }) => key));
}

/** PEFT 0.6's names for those that it saved. */
export function oldNamesOf(lost: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...lost].map((key) => key.replaceAll(".base_layer", "")));
}

export function lostBiasWarnings(plan: InjectionPlan, adapter: Adapter): readonly Warning[] {
  const [first, ...others] = lostBiases(plan, adapter);
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` and ${others.length} ${others.length === 1 ? "other" : "others"}`;
  const [old] = [...oldNamesOf(new Set([first]))].filter((key) => adapter.tensors.has(key));
  const renamed = old === undefined ? "" : ` Rename ${printable(old)} to it to use the bias that PEFT 0.6 saved.`;
  const message =
    `The configuration has bias = "${plan.config.bias}", but the file lacks ${printable(first)}${more}: older versions ` +
    `of PEFT did not save the biases of adapted layers. The base model's biases are used, as PEFT does.${renamed}`;
  return [{ code: "BIASES_LOST", message }];
}
