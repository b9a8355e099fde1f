// Attention under every kind of mask, with grouped heads, bounded scores and weights that drop out.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { maskedScore } from "../../src/kernels/masked-score.ts";
import { attention } from "../../src/ops/attention/attention.ts";
import { waveValues } from "../packed-matrices.ts";
import { drawKey, drawnFactors } from "./drawn-factors.ts";
import { at, product, softmax } from "./float64.ts";
import { defineOperation, type OperationCase, required, size, sizeOf } from "./operation-case.ts";

interface Settings {
  readonly batch: number;
  readonly keyHeads: number;
  /** Query heads that share a key head. */
  readonly group: number;
  readonly queryTime: number;
  /** Keys before the first query, as in a cache. */
  readonly past: number;
  readonly headSize: number;
  readonly valueSize: number;
  readonly cap?: number | undefined;
  /** Rate of dropout. */
  readonly rate: number;
  /** The mask's value for a hidden key. */
  readonly hidden: number;
}

/** Whether a query sees a key, and what is added to its score. Times are counted with the past. */
interface MaskKind {
  readonly name: string;
  readonly sees?: (at: { item: number; query: number; key: number; keyTime: number }) => boolean;
  readonly hasBias?: boolean;
}

const kinds: readonly MaskKind[] = [
  { name: "no mask" },
  { name: "a causal mask", sees: ({ query, key }) => key <= query },
  { name: "a sliding window", sees: ({ query, key }) => key <= query && query - key < 2 },
  // Left of the sequence, so that the first queries of an item see nothing.
  { name: "a padding mask", sees: ({ item, query, key, keyTime }) => key <= query && key >= (item * keyTime) / 3 },
  {
    name: "a block-diagonal mask",
    sees: ({ query, key }) => key <= query && Math.floor(key / 3) === Math.floor(query / 3),
  },
  { name: "a bias of each head", hasBias: true, sees: ({ query, key }) => key <= query },
];

const drawn: fc.Arbitrary<Settings> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  keyHeads: fc.integer({ min: 1, max: 3 }),
  group: fc.integer({ min: 1, max: 3 }),
  queryTime: fc.integer({ min: 1, max: 9 }),
  past: fc.integer({ min: 0, max: 3 }),
  headSize: size,
  valueSize: size,
  cap: fc.option(fc.constantFrom(0.5, 2), { nil: undefined }),
  rate: fc.constantFrom(0, 0.3),
  hidden: fc.constantFrom(maskedScore, Number.NEGATIVE_INFINITY),
});

/** Pieces hold 131 072 weights: several heads with a rest, and one head that is larger than a piece. */
const large: readonly Settings[] = [
  { batch: 2, keyHeads: 4, group: 1, queryTime: 201, past: 0, headSize: 5, valueSize: 3, rate: 0, hidden: maskedScore },
  {
    batch: 2,
    keyHeads: 4,
    group: 2,
    queryTime: 149,
    past: 0,
    headSize: 5,
    valueSize: 3,
    rate: 0.1,
    hidden: maskedScore,
  },
  { batch: 1, keyHeads: 1, group: 2, queryTime: 257, past: 2, headSize: 4, valueSize: 4, rate: 0, hidden: maskedScore },
];

interface Sizes extends Settings {
  readonly heads: number;
  readonly keyTime: number;
  readonly scale: number;
}

function sizesOf(settings: Settings): Sizes {
  const { keyHeads, group, queryTime, past, headSize } = settings;
  return { ...settings, heads: keyHeads * group, keyTime: past + queryTime, scale: 1 / Math.sqrt(headSize) };
}

interface Mask {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function maskOf({ sees, hasBias = false }: MaskKind, sizes: Sizes): Mask | undefined {
  if (sees === undefined) return undefined;
  const { batch, queryTime, keyTime, past, hidden } = sizes;
  const shape = [batch, hasBias ? sizes.heads : 1, queryTime, keyTime];
  const values = waveValues(sizeOf(shape), 5).map((bias, index) => {
    const [query, key] = [Math.floor(index / keyTime) % queryTime, index % keyTime];
    const item = Math.floor(index / (sizeOf(shape) / batch));
    if (!sees({ item, query: past + query, key, keyTime })) return hidden;
    return hasBias ? bias : 0;
  });
  return { shape, values };
}

/** Keys and values repeated for each query head, as transformers' `repeat_kv` does. */
function twin(sizes: Sizes, mask: Mask | undefined, [query, key, value]: readonly tf.Tensor[]): tf.Tensor {
  const { batch, heads, queryTime, scale, cap } = sizes;
  const plain = tf.mul(tf.matMul(required(query), repeated(sizes, required(key)), false, true), scale);
  const scores = cap === undefined ? plain : tf.mul(tf.tanh(tf.div(plain, cap)), cap);
  const factors = tf.tensor(drawnFactors(plain.size, sizes.rate), plain.shape);
  if (mask === undefined) return tf.matMul(tf.mul(tf.softmax(scores), factors), repeated(sizes, required(value)));
  const bounded = mask.values.map((entry) => Math.max(entry, maskedScore));
  const alive = aliveQueries(mask.values, sizes.keyTime);
  const weights = tf.softmax(tf.add(scores, tf.tensor(bounded, [...mask.shape])));
  const mixed = tf.matMul(tf.mul(weights, factors), repeated(sizes, required(value)));
  const [, maskHeads = 1] = mask.shape;
  const tiled = tf.tile(tf.tensor(alive, [batch, maskHeads, queryTime, 1]), [1, heads / maskHeads, 1, sizes.valueSize]);
  return tf.where(tf.cast(tiled, "bool"), mixed, tf.zerosLike(mixed));
}

/** 1 for each row of the mask in which a key is seen; NaN counts as seen. */
function aliveQueries(mask: Float32Array, keyTime: number): Float32Array {
  return Float32Array.from({ length: mask.length / keyTime }, (_, row) =>
    mask.subarray(row * keyTime, (row + 1) * keyTime).some((entry) => !(entry <= maskedScore / 2)) ? 1 : 0,
  );
}

function repeated({ batch, keyHeads, group, heads }: Sizes, x: tf.Tensor): tf.Tensor {
  const [, , time = 1, width = 1] = x.shape;
  const copies = tf.tile(tf.reshape(x, [batch, keyHeads, 1, time * width]), [1, 1, group, 1]);
  return tf.reshape(copies, [batch, heads, time, width]);
}

function reference(sizes: Sizes, mask: Mask | undefined, [query, key, value]: readonly Float64Array[]): Float64Array {
  const { batch, heads, group, queryTime, keyTime, headSize, valueSize, scale, cap } = sizes;
  const result = new Float64Array(batch * heads * queryTime * valueSize);
  const factors = drawnFactors(batch * heads * queryTime * keyTime, sizes.rate);
  for (let row = 0; row < batch * heads * queryTime; row++) {
    const plane = Math.floor(row / queryTime); // of the query, counted over the batch
    const keyPlane = Math.floor(plane / group);
    const item = Math.floor(plane / heads);
    const maskRow = mask?.shape[1] === 1 ? item * queryTime + (row % queryTime) : row;
    const queryRow = required(query).subarray(row * headSize, (row + 1) * headSize);
    const scores = product(
      required(key).subarray(keyPlane * keyTime * headSize, (keyPlane + 1) * keyTime * headSize),
      queryRow,
      headSize,
    );
    const masked = scores.map((score, index) => {
      const bound = cap === undefined ? score * scale : cap * Math.tanh((score * scale) / cap);
      return bound + (mask === undefined ? 0 : at(mask.values, maskRow * keyTime + index));
    });
    if (masked.every((score) => score < maskedScore / 2)) continue;
    const values = required(value).subarray(keyPlane * keyTime * valueSize, (keyPlane + 1) * keyTime * valueSize);
    const weights = softmax(masked).map((weight, index) => weight * at(factors, row * keyTime + index));
    result.set(product(weights, values, keyTime), row * valueSize);
  }
  return result;
}

export const attentions: readonly OperationCase[] = kinds.map((kind) =>
  defineOperation<Settings>({
    name: `attention under ${kind.name}`,
    settings: drawn,
    large,
    use: (settings) => {
      const sizes = sizesOf(settings);
      const mask = maskOf(kind, sizes);
      const { batch, heads, keyHeads, queryTime, keyTime, headSize, valueSize, cap, rate } = sizes;
      return {
        shapes: [
          [batch, heads, queryTime, headSize],
          [batch, keyHeads, keyTime, headSize],
          [batch, keyHeads, keyTime, valueSize],
        ],
        constants: mask === undefined ? [] : [mask.values],
        compute: (query, key, value) =>
          attention({
            query: required(query),
            key: required(key),
            value: required(value),
            ...(mask === undefined ? {} : { mask: tf.tensor(mask.values.slice(), [...mask.shape]) }),
            ...(cap === undefined ? {} : { cap }),
            dropout: { rate, key: drawKey },
          }),
        twin: (...inputs) => twin(sizes, mask, inputs),
        reference: (...inputs) => reference(sizes, mask, inputs),
      };
    },
  }),
);
