// PEFT up to 0.18 gave A the first side of every matrix in a stack of experts, and B the second. Since 0.19, A is at the inputs of
// stacks [experts, outFeatures, inFeatures], as in linear layers (peft#3165). PEFT 0.21 reads both alike, so that an older file with
// square matrices computes something else there.

import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import { rawMatrixSizes } from "@lowrank/math/internal";
import { AdapterMismatchError, type AdapterProblem } from "../errors/mismatch-errors.ts";
import { matchRawParameters } from "../parts/plan-raw-parameters.ts";

/**
 * Exchanges A and B of stacks that PEFT up to 0.18 wrote. Shapes show it; for square matrices the file's `peft_version` does.
 *
 * @throws AdapterMismatchError for square matrices in a file that does not say its version
 */
export function withCurrentStacks(model: AdaptableModel, adapter: Adapter): Adapter {
  const { config, tensors } = adapter;
  const problems: AdapterProblem[] = [];
  const exchanged = new Map<string, AdapterTensor>();
  for (const { parameter, keys } of matchRawParameters(model, config)) {
    const [a, b, sizes] = [tensors.get(keys.a), tensors.get(keys.b), rawMatrixSizes(parameter)];
    if (parameter.shape.length !== 3 || parameter.isStackedInOut || !a || !b || !sizes) continue;
    const { experts, inFeatures, outFeatures } = sizes;
    const [ranks = 0] = a.shape;
    if (a.shape.join() !== `${ranks},${outFeatures}` || b.shape.join() !== `${inFeatures},${ranks}`) continue;
    const isOlder = inFeatures !== outFeatures || isBefore19(config.peftVersion);
    if (isOlder === null) problems.push({ kind: "unsupported", key: keys.a, reason: unclear });
    if (isOlder !== true || ranks % experts !== 0) continue;
    const turned = exchange(a, b, experts);
    exchanged.set(keys.a, turned.a).set(keys.b, turned.b);
  }
  if (problems.length > 0) throw new AdapterMismatchError(problems);
  if (exchanged.size === 0) return adapter;
  const { peftVersion } = createLoraConfig();
  return { ...adapter, config: { ...config, peftVersion }, tensors: new Map([...tensors, ...exchanged]) };
}

const unclear =
  "its stack has square matrices, and adapter_config.json does not say which version of PEFT wrote it: up to 0.18, A and B are " +
  'exchanged. Set "peft_version" there to the version that trained it, such as "0.18.1"';

/** Null if it is not known, as for what was installed from PEFT's repository between 0.18 and 0.19. */
function isBefore19(version: string | null): boolean | null {
  const [, major, minor, rest = ""] = /^(\d{1,4})\.(\d{1,4})(.*)$/.exec(version ?? "") ?? [];
  if (major === undefined || (major === "0" && minor === "18" && rest.includes("dev"))) return null;
  return Number(major) === 0 && Number(minor) < 19;
}

/**
 * The matrices of the same update with the other's role. A is [experts · rank, features] with an expert's rows together, B
 * [features, rank · experts] with a rank's columns together.
 */
function exchange(a: AdapterTensor, b: AdapterTensor, experts: number) {
  const [ranks = 0, outFeatures = 0] = a.shape;
  const [inFeatures = 0] = b.shape;
  const [aValues, bValues] = [new Float32Array(ranks * inFeatures), new Float32Array(outFeatures * ranks)];
  for (let row = 0; row < ranks; row += 1) {
    const expert = Math.floor((row * experts) / ranks);
    const column = (row - (expert * ranks) / experts) * experts + expert;
    for (let index = 0; index < inFeatures; index += 1)
      aValues[row * inFeatures + index] = b.values[index * ranks + column]!;
    for (let index = 0; index < outFeatures; index += 1)
      bValues[index * ranks + column] = a.values[row * outFeatures + index]!;
  }
  return { a: { shape: [ranks, inFeatures], values: aValues }, b: { shape: [outFeatures, ranks], values: bValues } };
}
