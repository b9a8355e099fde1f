// Weights that differ between two checkpoints and are in no pair: what an extracted adapter does not hold.

import type { ParameterRef } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import type { ExportableModel } from "../export/exportable-model.ts";
import type { FileWeights } from "../stream/file-weights.ts";
import { rowsOf, sideBySide } from "./weight-pair.ts";

/** A model whose weights are in files. */
export interface ModelInFiles {
  readonly model: ExportableModel;
  readonly weights: FileWeights;
}

/** One such weight. */
export interface OtherChange {
  /** transformers' parameter path. */
  readonly path: string;
  /** ‖W' − W‖ / ‖W‖; NaN where one of the models lacks it or has it in another shape. */
  readonly relative: number;
}

/** All of them, in the order of the base's parameters; `looked` are those that pairs were made of. */
export async function changedElsewhere(
  { base, tuned }: { readonly base: ModelInFiles; readonly tuned: ModelInFiles },
  looked: ReadonlySet<string>,
): Promise<readonly OtherChange[]> {
  const twins = new Map(tuned.model.parameters().map((parameter) => [parameter.path, parameter]));
  const found: OtherChange[] = [];
  for (const parameter of base.model.parameters()) {
    const { path, tiedWith } = parameter;
    if (looked.has(path) || tiedWith !== undefined) continue; // what shares a weight differs as that one does
    const relative = await relativeChange({ base, tuned }, parameter, twins.get(path));
    if (relative !== 0) found.push({ path, relative });
  }
  return found;
}

async function relativeChange(
  { base, tuned }: { readonly base: ModelInFiles; readonly tuned: ModelInFiles },
  one: ParameterRef,
  other: ParameterRef | undefined,
): Promise<number> {
  if (other === undefined || one.shape.join() !== other.shape.join()) return Number.NaN;
  const sums = { base: 0, difference: 0 };
  const add = (before: Float32Array, after: Float32Array) => {
    for (let index = 0; index < before.length; index += 1) {
      const value = before[index] as number;
      sums.base += value * value;
      sums.difference += ((after[index] as number) - value) ** 2;
    }
  };
  const [before, after] = [base.weights.weight(one.path), tuned.weights.weight(one.path)];
  if (before !== undefined && after !== undefined) {
    const pair = { base: rowsOf(before), tuned: rowsOf(after) };
    for await (const blocks of sideBySide(pair)) add(...blocks);
  } else add(await valuesOf(one, base), await valuesOf(other, tuned));
  return sums.difference === 0 ? 0 : Math.sqrt(sums.difference / sums.base);
}

async function valuesOf(parameter: ParameterRef, { weights }: ModelInFiles): Promise<Float32Array> {
  const value: tf.Tensor = await weights.whileRead(() => parameter.read());
  try {
    return await value.data<"float32">();
  } finally {
    value.dispose();
  }
}
