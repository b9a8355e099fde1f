// A and B of one module of each method, scaled so that the update is B·A. Formulas of `get_delta_weight` in PEFT 0.21.2.

import type { AdapterTensor } from "../../lora-config.ts";
import { multiplied, transposed } from "../encode-tensors.ts";
import { BadModule, checkSize, type KohyaPart, sizesOf } from "../kohya/module-parts.ts";
import { plainMatrices } from "../kohya/plain-matrices.ts";
import type { LowRankMethod } from "./methods.ts";
import type { Layer, Parts } from "./tensor-shapes.ts";

/** A module whose tensors have the right shapes, and its α. */
export interface MethodModule extends Layer {
  readonly alpha: number;
  /** The rank in the configuration, also where pruning left less. */
  readonly fullRank: number;
}

export interface Factors {
  /** [rank, inFeatures] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank] */
  readonly b: AdapterTensor;
}

/** Each expects checked shapes, and throws BadModule for values that PEFT cannot use. */
export const factorsOf: Readonly<Record<LowRankMethod, (module: MethodModule) => Factors>> = {
  LOHA: lycoris,
  LOKR: lycoris,
  VERA: vera,
  ADALORA: adaLora,
  DELORA: deLora,
  MISS: miss,
  RANDLORA: randLora,
  VBLORA: vbLora,
  GRALORA: graLora,
};

function lycoris({ parts, rank, alpha }: MethodModule): Factors {
  const { a, b } = plainMatrices(parts as ReadonlyMap<KohyaPart, AdapterTensor>);
  return { a, b: multiplied(b, alpha / rank) };
}

/** diag(λb)·B·diag(λd)·A, with the first rows and columns of B and A that all layers share. */
function vera({ parts, shared, rank, outFeatures, inFeatures }: MethodModule): Factors {
  const [d, b] = [valuesOf(parts, "vera_lambda_d"), valuesOf(parts, "vera_lambda_b")];
  const [sharedA, sharedB] = [tensor(shared, "vera_A"), tensor(shared, "vera_B")];
  return {
    a: matrix(rank, inFeatures, (row, column) => d[row]! * at(sharedA, row, column)),
    b: matrix(outFeatures, rank, (row, column) => b[row]! * at(sharedB, row, column)),
  };
}

/** B·diag(E)·A·α/(full rank + 1e-5), also where pruning left less. PEFT multiplies with the full rank if α is 0 or less. */
function adaLora({ parts, rank, fullRank, alpha, outFeatures, inFeatures }: MethodModule): Factors {
  if (rank === 0) return { a: matrix(1, inFeatures, () => 0), b: matrix(outFeatures, 1, () => 0) };
  const [a, scales] = [tensor(parts, "lora_A"), valuesOf(parts, "lora_E")];
  const scale = (alpha > 0 ? alpha : fullRank) / (fullRank + 1e-5);
  return {
    a: matrix(rank, inFeatures, (row, column) => scale * scales[row]! * at(a, row, column)),
    b: tensor(parts, "lora_B"),
  };
}

/** B·diag(λ/(rank·‖Aᵢ‖·‖Bⁱ‖))·A·diag(‖W‖), with norms of the base's columns in the file. */
function deLora({ parts, rank, outFeatures, inFeatures }: MethodModule): Factors {
  const [a, b, norms] = [tensor(parts, "delora_A"), tensor(parts, "delora_B"), valuesOf(parts, "delora_w_norm")];
  const [lambda = 0] = valuesOf(parts, "delora_lambda");
  const lengths = (count: number, value: (position: number, k: number) => number) =>
    Array.from({ length: rank }, (_, k) => {
      let sum = 0;
      for (let position = 0; position < count; position++) sum += value(position, k) ** 2;
      return Math.max(Math.sqrt(sum), 1e-4);
    });
  const lengthsOfA = lengths(inFeatures, (column, k) => at(a, k, column));
  const lengthsOfB = lengths(outFeatures, (row, k) => at(b, row, k));
  const scales = lengthsOfA.map((length, k) => lambda / rank / (length * lengthsOfB[k]!));
  return { a: matrix(rank, inFeatures, (row, column) => scales[row]! * at(a, row, column) * norms[column]!), b };
}

/** Inputs are summed by their number modulo the rank; in "mini", rows of B repeat. */
function miss({ parts, rank, outFeatures, inFeatures }: MethodModule): Factors {
  const block = tensor(parts, "miss_block");
  const period = sizesOf(block)[1];
  return {
    a: matrix(rank, inFeatures, (row, column) => (column % rank === row ? 1 : 0)),
    b: matrix(outFeatures, rank, (row, column) => at(block, column, row % period)),
  };
}

/** All bases side by side: as many columns as the smaller side of the layer has, or more. */
function randLora({ parts, shared, rank, alpha, outFeatures, inFeatures }: MethodModule): Factors {
  const [smaller, larger] = [Math.min(outFeatures, inFeatures), Math.max(outFeatures, inFeatures)];
  const [lambda, gamma] = [tensor(parts, "randlora_lambda"), tensor(parts, "randlora_gamma")];
  const bases = sizesOf(lambda)[1];
  const [small, large] = [tensor(shared, "randlora_A"), tensor(shared, "randlora_B")];
  const [width = 0, storedBases = 0] = [small.shape[2], large.shape[1]];
  const scale = alpha / rank;
  checkSize(rank * bases, larger);
  // A is flattened by rank and base, B by base and rank, as PEFT does.
  const one = matrix(rank * bases, smaller, (row, column) => {
    const [k, base] = [Math.floor(row / bases), row % bases];
    return scale * at(lambda, k, base) * at(gamma, base, column) * small.values[k * width + column]!;
  });
  const other = matrix(larger, rank * bases, (row, column) => large.values[row * storedBases * rank + column]!);
  return smaller === inFeatures ? { a: one, b: other } : { a: transposed(other), b: transposed(one) };
}

/** Vectors of A and B are mixtures of the bank's, with the softmax of the largest logits. */
function vbLora({ parts, shared, setting }: MethodModule): Factors {
  const bank = tensor(shared, "vblora_vector_bank");
  const [vectors, length] = sizesOf(bank);
  const topk = Number(setting("topk"));
  const mixtures = (name: string) => {
    const indices = parts.get(`${name}_topk_indices`);
    const [rows = 0, columns = 0] = (indices ?? tensor(parts, name)).shape;
    const blocks = Array.from({ length: rows * columns }, (_, position) => {
      const of = (end: string, width: number) =>
        valuesOf(parts, name + end).subarray(position * width, (position + 1) * width);
      const shares = indices
        ? storedShares(of("_topk_indices", topk), of("_topk_weights", topk - 1), vectors)
        : sharesOf(of("", vectors), topk);
      const mixture = new Float64Array(length);
      for (const [index, share] of shares)
        for (let entry = 0; entry < length; entry++) mixture[entry]! += share * at(bank, index, entry);
      return mixture;
    });
    return { rows, columns, blocks };
  };
  const [a, b] = [mixtures("vblora_logits_A"), mixtures("vblora_logits_B")];
  const inRow = (column: number) => [Math.floor(column / length), column % length] as const;
  return {
    a: matrix(
      a.rows,
      a.columns * length,
      (row, column) => a.blocks[row * a.columns + inRow(column)[0]]![inRow(column)[1]]!,
    ),
    b: matrix(
      b.rows * length,
      b.columns,
      (row, column) => b.blocks[inRow(row)[0] * b.columns + column]![inRow(row)[1]]!,
    ),
  };
}

/** The softmax of the largest logits, by vector. */
function sharesOf(logits: Float32Array, topk: number): readonly (readonly [number, number])[] {
  const order = [...logits.keys()].sort((one, other) => logits[other]! - logits[one]!).slice(0, topk);
  const weights = order.map((index) => Math.exp(logits[index]! - logits[order[0]!]!));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return order.map((index, position) => [index, weights[position]! / sum]);
}

/** PEFT's `save_only_topk_weights`: the softmax is stored, without its last weight. */
function storedShares(
  indices: Float32Array,
  weights: Float32Array,
  vectors: number,
): readonly (readonly [number, number])[] {
  const last = weights.reduce((rest, weight) => Math.fround(rest - weight), 1);
  const shares = [...weights, last];
  const isVector = (index: number) => index >= 0 && index < vectors;
  if (new Set(indices).size < indices.length || !indices.every(isVector) || shares.some((share) => share < 0))
    throw new BadModule(
      `has topk_indices that are not different vectors of the bank's ${vectors}, or topk_weights that are no probabilities`,
    );
  return shares.map((share, position) => [indices[position]!, share]);
}

/** Blocks of inputs and outputs; part p of the rank of input block n is multiplied by B of output block p, in its part n. */
function graLora({ parts, rank: full, alpha }: MethodModule): Factors {
  const [stackA, stackB] = [tensor(parts, "gralora_A"), tensor(parts, "gralora_B")];
  const [blocks = 0, inBlock = 0] = stackA.shape;
  const outBlock = stackB.shape[2] ?? 0;
  const part = full / blocks;
  checkSize(blocks * full, blocks * Math.max(inBlock, outBlock));
  return {
    a: matrix(blocks * full, blocks * inBlock, (row, column) => {
      const [block, k] = [Math.floor(row / full), row % full];
      const isInside = Math.floor(column / inBlock) === block;
      return isInside ? stackA.values[(block * inBlock + (column % inBlock)) * full + k]! : 0;
    }),
    b: matrix(blocks * outBlock, blocks * full, (row, column) => {
      const [block, k] = [Math.floor(column / full), column % full];
      const target = Math.floor(row / outBlock);
      if (target !== Math.floor(k / part)) return 0;
      return (alpha / full) * stackB.values[(target * full + block * part + (k % part)) * outBlock + (row % outBlock)]!;
    }),
  };
}

function tensor(tensors: Parts, name: string): AdapterTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new BadModule(`has no ${name}`);
  return found;
}

function valuesOf(tensors: Parts, name: string): Float32Array {
  return tensor(tensors, name).values;
}

function matrix(rows: number, columns: number, value: (row: number, column: number) => number): AdapterTensor {
  checkSize(Math.min(rows, columns), Math.max(rows, columns));
  const values = new Float32Array(rows * columns);
  for (let row = 0, position = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) values[position++] = value(row, column);
  return { shape: [rows, columns], values };
}

function at({ shape, values }: AdapterTensor, row: number, column: number): number {
  return values[row * (shape[1] ?? 0) + column]!;
}
