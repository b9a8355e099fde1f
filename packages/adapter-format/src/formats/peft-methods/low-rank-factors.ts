// A and B of one module of each method, scaled so that the update is B·A. Formulas of `get_delta_weight` in PEFT 0.21.2.

import type { AdapterTensor } from "../../lora-config.ts";
import { multiplied, transposed } from "../encode-tensors.ts";
import { BadModule, checkSize, type KohyaPart, sizesOf } from "../kohya/module-parts.ts";
import { plainMatrices } from "../kohya/plain-matrices.ts";
import type { LowRankMethod } from "./methods.ts";

/** The tensors and settings from which a module's A and B are computed. */
export interface MethodModule {
  /** The module's tensors by part: "hada_w1_a". */
  readonly parts: ReadonlyMap<string, AdapterTensor>;
  /** Tensors that all modules share: "vera_A". */
  readonly shared: ReadonlyMap<string, AdapterTensor>;
  /** The rank in the configuration. */
  readonly rank: number;
  readonly alpha: number;
  /** A number of the configuration. */
  readonly setting: (key: string) => number;
  /** [outFeatures, inFeatures] of the base's layer. */
  readonly sizes: () => Promise<readonly [outFeatures: number, inFeatures: number]>;
}

export interface Factors {
  /** [rank, inFeatures] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank] */
  readonly b: AdapterTensor;
}

/** Each throws BadModule for tensors that are missing or do not belong together. */
export const factorsOf: Readonly<Record<LowRankMethod, (module: MethodModule) => Factors | Promise<Factors>>> = {
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
async function vera({ parts, shared, sizes }: MethodModule): Promise<Factors> {
  const [outFeatures, inFeatures] = await sizes();
  const { values: d } = tensor(parts, "vera_lambda_d", [undefined]);
  const { values: b } = tensor(parts, "vera_lambda_b", [outFeatures]);
  const [sharedA, sharedB] = [
    projection(shared, "vera_A", [d.length, undefined]),
    projection(shared, "vera_B", [undefined, d.length]),
  ];
  atLeast(sizesOf(sharedA)[1], inFeatures, "vera_A");
  atLeast(sizesOf(sharedB)[0], outFeatures, "vera_B");
  return {
    a: matrix(d.length, inFeatures, (row, column) => d[row]! * at(sharedA, row, column)),
    b: matrix(outFeatures, d.length, (row, column) => b[row]! * at(sharedB, row, column)),
  };
}

/** B·diag(E)·A·α/(rank + 1e-5), with the rank after pruning. */
function adaLora({ parts, alpha }: MethodModule): Factors {
  const a = tensor(parts, "lora_A", [undefined, undefined]);
  const [rank, inFeatures] = sizesOf(a);
  const { values: scales } = tensor(parts, "lora_E", [rank, 1]);
  const scale = (alpha > 0 ? alpha : rank) / (rank + 1e-5);
  return {
    a: matrix(rank, inFeatures, (row, column) => scale * scales[row]! * at(a, row, column)),
    b: tensor(parts, "lora_B", [undefined, rank]),
  };
}

/** B·diag(λ/(rank·‖Aᵢ‖·‖Bⁱ‖))·A·diag(‖W‖), with norms of the base's columns in the file. */
function deLora({ parts }: MethodModule): Factors {
  const a = tensor(parts, "delora_A", [undefined, undefined]);
  const [rank, inFeatures] = sizesOf(a);
  const b = tensor(parts, "delora_B", [undefined, rank]);
  const { values: norms } = tensor(parts, "delora_w_norm", [inFeatures]);
  const [lambda = 0] = tensor(parts, "delora_lambda", [1]).values;
  const lengths = (count: number, value: (position: number, k: number) => number) =>
    Array.from({ length: rank }, (_, k) => {
      let sum = 0;
      for (let position = 0; position < count; position++) sum += value(position, k) ** 2;
      return Math.max(Math.sqrt(sum), 1e-4);
    });
  const lengthsOfA = lengths(inFeatures, (column, k) => at(a, k, column));
  const lengthsOfB = lengths(sizesOf(b)[0], (row, k) => at(b, row, k));
  const scales = lengthsOfA.map((length, k) => lambda / rank / (length * lengthsOfB[k]!));
  return { a: matrix(rank, inFeatures, (row, column) => scales[row]! * at(a, row, column) * norms[column]!), b };
}

/** Inputs are summed by their number modulo the rank; in "mini", rows of B repeat. */
async function miss({ parts, sizes }: MethodModule): Promise<Factors> {
  const [outFeatures, inFeatures] = await sizes();
  const block = tensor(parts, "miss_block", [undefined, undefined]);
  const [rank, period] = sizesOf(block);
  if (block.shape.length !== 2 || outFeatures % period !== 0)
    throw new BadModule(`has a miss_block of [${block.shape}] for ${outFeatures} outputs`);
  return {
    a: matrix(rank, inFeatures, (row, column) => (column % rank === row ? 1 : 0)),
    b: matrix(outFeatures, rank, (row, column) => at(block, column, row % period)),
  };
}

/** All bases side by side: as many columns as the smaller side of the layer has, or more. */
async function randLora({ parts, shared, rank, setting, sizes }: MethodModule): Promise<Factors> {
  const [outFeatures, inFeatures] = await sizes();
  const [smaller, larger] = [Math.min(outFeatures, inFeatures), Math.max(outFeatures, inFeatures)];
  const lambda = tensor(parts, "randlora_lambda", [rank, undefined]);
  const bases = sizesOf(lambda)[1];
  const gamma = tensor(parts, "randlora_gamma", [bases, smaller]);
  const small = projection(shared, "randlora_A", [rank, undefined, undefined]);
  const large = projection(shared, "randlora_B", [undefined, undefined, rank]);
  const [[, sets = 0, width = 0], [height = 0, storedBases = 0]] = [small.shape, large.shape];
  atLeast(width, smaller, "randlora_A");
  atLeast(height, larger, "randlora_B");
  atLeast(storedBases, bases, "randlora_B");
  if (sets !== 1 && sets !== bases) throw new BadModule(`has ${bases} bases, and randlora_A has ${sets}`);
  const scale = setting("randlora_alpha") / rank;
  checkSize(rank * bases, larger);
  // A is flattened by rank and base, B by base and rank, as PEFT does.
  const one = matrix(rank * bases, smaller, (row, column) => {
    const [k, base] = [Math.floor(row / bases), row % bases];
    const value = small.values[(k * sets + (sets === 1 ? 0 : base)) * width + column]!;
    return scale * at(lambda, k, base) * at(gamma, base, column) * value;
  });
  const other = matrix(larger, rank * bases, (row, column) => large.values[row * storedBases * rank + column]!);
  return smaller === inFeatures ? { a: one, b: other } : { a: transposed(other), b: transposed(one) };
}

/** Vectors of A and B are mixtures of the bank's, with the softmax of the largest logits. */
function vbLora({ parts, shared, setting }: MethodModule): Factors {
  const bank = tensor(shared, "vblora_vector_bank", [undefined, undefined]);
  const [vectors, length] = sizesOf(bank);
  const mixed = (logits: Float32Array): Float64Array => {
    const order = [...logits.keys()].sort((one, other) => logits[other]! - logits[one]!).slice(0, setting("topk"));
    const weights = order.map((index) => Math.exp(logits[index]! - logits[order[0]!]!));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const mixture = new Float64Array(length);
    for (const [position, index] of order.entries())
      for (let entry = 0; entry < length; entry++)
        mixture[entry]! += (weights[position]! / sum) * at(bank, index, entry);
    return mixture;
  };
  const mixtures = (name: string) => {
    const logits = tensor(parts, name, [undefined, undefined, vectors]);
    const [rows = 0, columns = 0] = logits.shape;
    const blocks = Array.from({ length: rows * columns }, (_, position) =>
      mixed(logits.values.subarray(position * vectors, (position + 1) * vectors)),
    );
    return { rows, columns, blocks };
  };
  const [a, b] = [mixtures("vblora_logits_A"), mixtures("vblora_logits_B")];
  if (a.rows !== b.columns) throw new BadModule("has logits of A and B of different ranks");
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

/** Blocks of inputs and outputs; part p of the rank of input block n is multiplied by B of output block p, in its part n. */
function graLora({ parts, rank: full, alpha, setting }: MethodModule): Factors {
  if (setting("hybrid_r") > 0) throw new BadModule("is a hybrid GraLoRA (hybrid_r), which is not read");
  const stackA = tensor(parts, "gralora_A", [undefined, undefined, full]);
  const [blocks = 0, inBlock = 0] = stackA.shape;
  const stackB = tensor(parts, "gralora_B", [blocks, full, undefined]);
  const outBlock = stackB.shape[2] ?? 0;
  const part = full / blocks;
  if (!Number.isInteger(part)) throw new BadModule(`has rank ${full} for ${blocks} blocks`);
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

/** A tensor of the shape; undefined is any size. */
function tensor(
  tensors: ReadonlyMap<string, AdapterTensor>,
  name: string,
  shape: readonly (number | undefined)[],
): AdapterTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new BadModule(`has no ${name}`);
  const isSame =
    found.shape.length === shape.length &&
    shape.every((size, axis) => (size ?? found.shape[axis]) === found.shape[axis]);
  if (!isSame)
    throw new BadModule(`has a ${name} of [${found.shape}], expected [${shape.map((size) => size ?? "any")}]`);
  return found;
}

function projection(
  shared: MethodModule["shared"],
  name: string,
  shape: readonly (number | undefined)[],
): AdapterTensor {
  if (!shared.has(name)) throw new BadModule(`has no ${name}: save the adapter with save_projection=True`);
  return tensor(shared, name, shape);
}

function atLeast(got: number, needed: number, name: string): void {
  if (got < needed) throw new BadModule(`needs ${needed} of ${name}, which has ${got}`);
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
