// The plan of an adapter with the given settings; creates nothing.

import { type InjectionPlan, partsOf } from "@lowrank/inject";
import { layoutSafetensors } from "@lowrank/safetensors";
import { defaultRun } from "lowrank/browser";
import type { CallHandler } from "../call-handler.ts";
import { trainingMemory } from "../models/find-model.ts";
import { adapterConfig } from "./adapter-config.ts";

/** Throws the errors of `OpenedModel.plan`. */
export const plan: CallHandler<"plan"> = ({ loaded: model }, { adapter, rows, step }) => {
  const made = model.opened.plan(adapterConfig(adapter, model));
  const { trainableParameters: trainable, share } = made;
  return {
    sites: partsOf(made, "site").map(({ path, parameters }) => ({ ...placeOf(path), parameters })),
    trainable,
    share,
    fileBytes: fileBytes(made, model.opened.base),
    // Memory of the base and, in float32, of the adapter, its gradients and AdamW's two moments.
    trainingBytes: trainingMemory(model.opened.base.config, model.weightBytes, step) + 4 * 4 * trainable,
    training: defaultRun({ task: model.opened.base.task, parameters: model.facts.parameters, rows }),
  };
};

/** A layer's block, and its name in it: "model.layers.3.self_attn.q_proj" is q_proj of block 3. */
function placeOf(path: string): { readonly block: number | undefined; readonly target: string } {
  const names = path.split(".");
  const number = names.find((name) => /^\d+$/.test(name));
  return { block: number === undefined ? undefined : Number(number), target: names.at(-1) ?? path };
}

/** The exact size of adapter_model.safetensors: its header lists the plan's tensors and the base's fingerprint. */
function fileBytes(made: InjectionPlan, { fingerprint }: { readonly fingerprint: string }): number {
  // These initializations change the base's weights. The file undoes the change with as many additional ranks.
  const factor = ["pissa", "olora"].includes(String(made.config.init)) ? 2 : 1;
  const tensors = partsOf(made, "site").flatMap(({ fileShapes, keys, rank }) =>
    [...fileShapes].map(([name, shape]) => {
      const isAOrB = name === keys.a || name === keys.b;
      const grown = isAOrB ? shape.map((size) => (size === rank ? factor * rank : size)) : shape;
      return { name: `base_model.model.${name}`, dtype: "F32" as const, shape: grown };
    }),
  );
  const metadata = new Map([
    ["format", "pt"],
    ["lowrank.base_fingerprint", fingerprint],
  ]);
  return layoutSafetensors(tensors, metadata).size;
}
