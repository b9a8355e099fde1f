// A model has hundreds of tensors, layer after layer the same: one line for all that differ only in the layer's number.

import type { TensorFact } from "../../inspect/inspection.ts";

/** Tensors of one dtype and shape whose names differ only in numbers. */
export interface TensorGroup {
  /** "model.layers.{0-11}.mlp.up_proj.weight" */
  readonly name: string;
  readonly count: number;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export function groupTensors(tensors: readonly TensorFact[]): readonly TensorGroup[] {
  const groups = new Map<string, TensorFact[]>();
  for (const tensor of tensors) {
    const key = JSON.stringify([tensor.name.replace(layerNumber, ".*"), tensor.dtype, tensor.shape]);
    groups.set(key, [...(groups.get(key) ?? []), tensor]);
  }
  return [...groups.values()].flatMap(describeGroup);
}

/** Kohya's names have underscores for dots. */
const layerNumber = /[._]\d+(?=[._]|$)/g;

function describeGroup(members: readonly TensorFact[]): TensorGroup[] {
  const [first] = members;
  if (first === undefined) return [];
  const { dtype, shape } = first;
  const numbers = members.map((member) => (member.name.match(layerNumber) ?? []).map((part) => Number(part.slice(1))));
  const varying = (numbers[0] ?? []).flatMap((value, position) =>
    numbers.some((row) => row[position] !== value) ? [position] : [],
  );
  const [position] = varying;
  if (members.length === 1 || position === undefined || varying.length > 1) {
    return members.map((member) => ({ name: member.name, count: 1, dtype, shape }));
  }
  let numberIndex = -1;
  const name = first.name.replace(layerNumber, (text) => {
    numberIndex += 1;
    return numberIndex === position ? `${text[0]}{${rangesOf(numbers.map((row) => row[position] ?? 0))}}` : text;
  });
  return [{ name, count: members.length, dtype, shape }];
}

/** [0, 1, 2, 5] → "0-2,5". */
function rangesOf(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const value of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && value === last[1] + 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}
