// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { DoraAdaptation } from "./adaptations/dora-adaptation.ts";
import { LoraAdaptation } from "./adaptations/lora-adaptation.ts";
import { subspaceSimilarity } from "./analysis/subspace-similarity.ts";
import { randomizedSvd } from "./linear-algebra/randomized-svd.ts";
import { createLora } from "./matrices/create-lora.ts";
import { LoraMatrices } from "./matrices/lora-matrices.ts";
import { loftq } from "./quantization/loftq.ts";
import { scaling } from "./update/scaling.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["createLora", "in_features", "inFeatures", (options) => createLora(options)],
  ["LoraMatrices", "trainible", "trainable", (options) => new LoraMatrices([], options)],
  ["LoraAdaptation", "drop_out", "dropout", (options) => new LoraAdaptation(options)],
  ["DoraAdaptation", "dropouts", "dropout", (options) => new DoraAdaptation(options)],
  ["scaling", "rank_stabilized", "rankStabilized", (options) => scaling(options)],
  ["loftq", "iteration", "iterations", (options) => loftq(nothing, options)],
  ["randomizedSvd", "over_sampling", "oversampling", (options) => randomizedSvd(nothing, options)],
  ["subspaceSimilarity", "sides", "side", (options) => subspaceSimilarity(nothing, nothing, options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
