// How many thousand million multiplications and additions the matrix products of one LoRA step take, counted by hand:
// what has to be multiplied, whatever a program multiplies beyond it.

import type { PretrainedModel } from "@lowrank/models";
import { type Settings, shapeOf } from "../settings.ts";

const rank = 8;

/** For decoders with a language head. Recomputation is not counted. */
export function stepGflop(model: PretrainedModel, settings: Settings): number {
  const { batch, time, supervised = 1 } = settings;
  const { layers, heads, headSize } = model.config;
  const { targets } = shapeOf(settings);
  const rows = batch * time;
  const linears = model.sites().filter(({ kind, role }) => kind === "linear" && role !== "output-head");
  const isTarget = (path: string) => [targets].flat().some((target) => path.endsWith(target));
  const firstTarget = linears.findIndex(({ path }) => isTarget(path));
  let operations = 0;
  for (const [index, { path, inFeatures, outFeatures }] of linears.entries()) {
    const product = 2 * rows * inFeatures * outFeatures;
    // Forward, and the gradient of the input, which nothing below the first adapter needs.
    operations += index > firstTarget ? 2 * product : product;
    if (!isTarget(path)) continue;
    const branch = 2 * rows * rank * (inFeatures + outFeatures);
    operations += 3 * branch; // forward, gradient of the input, gradients of A and B
  }
  // Scores and the weighted sum; each has two gradients. Masked scores are computed like all others.
  operations += 3 * layers * 2 * (2 * batch * heads * time * time * headSize);
  const head = model.sites().find(({ role }) => role === "output-head");
  const supervisedRows = batch * Math.min(time - 1, Math.round(supervised * time));
  if (head !== undefined) operations += 2 * 2 * supervisedRows * head.inFeatures * head.outFeatures;
  return operations / 1e9;
}
