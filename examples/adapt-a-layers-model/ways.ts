// What is trained of a classifier, four ways. LoRA's rate, rank and α were chosen on the part for choosing (digits.ts); DoRA takes
// LoRA's. The rates of the other two were set, and not searched for on digits of this kind.

import { type EnableLoraOptions, enableLora } from "@lowrank/hosts/layers";
import type { AdapterHandle } from "@lowrank/inject";
import type { Sequential } from "@tensorflow/tfjs-layers";

/** One way to adapt a model. */
export interface Way {
  readonly name: string;
  readonly rate: number;
  /** Says what trains. */
  prepare(model: Sequential, seed: number): Prepared;
}

interface Prepared {
  /** How many numbers are trained. */
  readonly trained: number;
  readonly adapter?: AdapterHandle;
}

const lora: EnableLoraOptions = { rank: 5, alpha: 10 };

export const ways: readonly Way[] = [
  { name: "LoRA", rate: 1e-2, prepare: (model, seed) => adapt(model, { ...lora, seed }) },
  {
    name: "DoRA",
    rate: 1e-2,
    prepare: (model, seed) => adapt(model, { ...lora, seed, config: { ...lora.config, useDora: true } }),
  },
  { name: "last layer", rate: 1e-2, prepare: (model) => trainOnly(model, (layer) => layer === "digit") },
  { name: "everything", rate: 1e-3, prepare: (model) => trainOnly(model, () => true) },
];

function adapt(model: Sequential, options: EnableLoraOptions): Prepared {
  const adapter = enableLora(model, options);
  return { adapter, trained: [...adapter.variables.values()].reduce((sum, { size }) => sum + size, 0) };
}

function trainOnly(model: Sequential, isTrained: (layer: string) => boolean): Prepared {
  for (const layer of model.layers) layer.trainable = isTrained(layer.name);
  return { trained: model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0) };
}
