// A small model with an adapter that has just begun.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { injectAdapter } from "../src/attach/inject-adapter.ts";
import type { AdapterHandle } from "../src/handle/adapter-handle.ts";
import { planInjection } from "../src/plan/plan-injection.ts";

export const adapted = inferenceContext(activeAdapters("default"));

export function logits(model: HandMadeModel, context = inferenceContext()): Float32Array {
  const ids = [
    [1, 2, 3],
    [4, 5, 10],
  ];
  return tf.tidy(() => Float32Array.from(model.forward(tf.tensor2d(ids, [2, 3], "int32"), context).dataSync()));
}

/** A fresh adapter on a fresh model; the caller disposes of both. */
export function initializedModel(options: Partial<LoraConfig>): {
  readonly model: HandMadeModel;
  readonly handle: AdapterHandle;
} {
  const model = new HandMadeModel();
  const config = createLoraConfig({ rank: 2, alpha: 6, targetModules: ["q_proj", "up_proj"], ...options });
  const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
  return { model, handle };
}

/** Moves every variable, as training would. */
export function train({ variables }: AdapterHandle): void {
  for (const variable of variables.values()) variable.assign(tf.tidy(() => tf.add(tf.mul(variable, 1.5), 0.1)));
}

export function dispose({ model, handle }: { readonly model: HandMadeModel; readonly handle: AdapterHandle }): void {
  handle.dispose();
  model.dispose();
}
