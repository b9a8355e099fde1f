// Modules that transformers has as one and ONNX Runtime's GenAI builder takes apart: an adapter's pair becomes one for each.

import type { PairChange } from "./adapter-changes.ts";

/** What a path ends with, and what the halves of its outputs are called. */
const joined = /(^|\.)gate_up_proj$/;
const halves = ["gate_proj", "up_proj"];

/** Paths of the modules that a path may have become; none where it is no such. */
export function partPaths(path: string): readonly string[] {
  return joined.test(path) ? halves.map((half) => path.replace(/gate_up_proj$/, half)) : [];
}

/** The pair's parts: A is each one's; B, and the magnitudes of outputs, are cut. */
export function partsOf(pair: PairChange): readonly PairChange[] {
  const paths = partPaths(pair.path);
  const [outputs = 0, ...rest] = pair.b.shape;
  if (outputs % halves.length !== 0) return [];
  const cut = (values: Float32Array, index: number) =>
    values.subarray((values.length / halves.length) * index, (values.length / halves.length) * (index + 1));
  return paths.map((path, index) => ({
    ...pair,
    path,
    b: { shape: [outputs / halves.length, ...rest], values: cut(pair.b.values, index) },
    magnitude: pair.magnitude && cut(pair.magnitude, index),
  }));
}

/** The parts of what a model lacks as a whole, where it has one of them; otherwise the whole, there or not. */
export function inParts<One>(
  whole: One,
  partsOf: (whole: One) => readonly One[],
  isThere: (one: One) => boolean,
): readonly One[] {
  const parts = isThere(whole) ? [] : partsOf(whole);
  return parts.some(isThere) ? parts : [whole];
}
