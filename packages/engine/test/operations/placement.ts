// Operations that move, rotate or drop entries: heads, rotary embedding, look-up, dropout.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { joinHeads, splitHeads } from "../../src/ops/attention/heads.ts";
import { rotary } from "../../src/ops/attention/rotary.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { embeddingLookup } from "../../src/ops/embedding-lookup.ts";
import { waveValues } from "../packed-matrices.ts";
import { drawKey, drawnFactors } from "./drawn-factors.ts";
import { at } from "./float64.ts";
import { defineOperation, leadingAxes, type OperationCase, required, size, sizeOf } from "./operation-case.ts";

interface HeadSettings {
  readonly batch: number;
  readonly heads: number;
  readonly time: number;
  readonly headSize: number;
}

const headSettings: fc.Arbitrary<HeadSettings> = fc.record({
  batch: fc.integer({ min: 0, max: 3 }),
  heads: fc.integer({ min: 1, max: 5 }),
  time: fc.integer({ min: 0, max: 9 }),
  headSize: size,
});

const largeHeads: readonly HeadSettings[] = [{ batch: 2, heads: 5, time: 67, headSize: 101 }];

const split = defineOperation<HeadSettings>({
  name: "splitHeads",
  settings: headSettings,
  large: largeHeads,
  use: ({ batch, heads, time, headSize }) => ({
    shapes: [[batch, time, heads * headSize]],
    compute: (x) => splitHeads(required(x), heads),
    twin: (x) => tf.transpose(tf.reshape(required(x), [batch, time, heads, headSize]), [0, 2, 1, 3]),
    reference: (x) => swapped(required(x), { batch, first: time, second: heads, width: headSize }),
  }),
});

const join = defineOperation<HeadSettings>({
  name: "joinHeads",
  settings: headSettings,
  large: largeHeads,
  use: ({ batch, heads, time, headSize }) => ({
    shapes: [[batch, heads, time, headSize]],
    compute: (x) => joinHeads(required(x)),
    twin: (x) => tf.reshape(tf.transpose(required(x), [0, 2, 1, 3]), [batch, time, heads * headSize]),
    reference: (x) => swapped(required(x), { batch, first: heads, second: time, width: headSize }),
  }),
});

/** x [batch, first, second, width] as [batch, second, first, width]. */
function swapped(
  x: Float64Array,
  sizes: { batch: number; first: number; second: number; width: number },
): Float64Array {
  const { first, second, width } = sizes;
  return x.map((_, index) => {
    const column = index % width;
    const row = Math.floor(index / width);
    const [fast, slow, item] = [row % first, Math.floor(row / first) % second, Math.floor(row / first / second)];
    return at(x, ((item * first + fast) * second + slow) * width + column);
  });
}

interface RotarySettings extends HeadSettings {
  readonly pairs: number;
  /** Features beyond those that turn. */
  readonly rest: number;
  readonly isByItem: boolean;
  readonly interleaved: boolean;
}

const rotated = defineOperation<RotarySettings>({
  name: "rotary",
  settings: fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 5 }),
    time: fc.integer({ min: 1, max: 9 }),
    headSize: fc.constant(0),
    pairs: size,
    rest: fc.constantFrom(0, 0, 1, 2, 8),
    isByItem: fc.boolean(),
    interleaved: fc.boolean(),
  }),
  large: [{ batch: 2, heads: 3, time: 257, headSize: 0, pairs: 32, rest: 3, isByItem: true, interleaved: false }],
  use: ({ batch, heads, time, pairs, rest, isByItem, interleaved }) => {
    const width = 2 * pairs + rest;
    const tableShape = isByItem ? [batch, 1, time, pairs] : [time, pairs];
    const angles = waveValues(sizeOf(tableShape), 5).map((value) => 3 * value);
    const table = (turn: (angle: number) => number) => tf.tensor(angles.map(turn), tableShape);
    /** The feature with which each of the first 2·pairs features rotates. */
    const partner = (feature: number) => {
      if (interleaved) return feature % 2 === 0 ? feature + 1 : feature - 1;
      return feature < pairs ? feature + pairs : feature - pairs;
    };
    const pairOf = (feature: number) => (interleaved ? Math.floor(feature / 2) : feature % pairs);
    const isFirst = (feature: number) => feature < partner(feature);
    const rotatedFeatures = Array.from({ length: 2 * pairs }, (_, feature) => feature);
    return {
      shapes: [[batch, heads, time, width]],
      constants: [angles],
      compute: (x) => rotary(required(x), { cos: table(Math.cos), sin: table(Math.sin), interleaved }),
      twin: (x) => {
        const part = tf.slice(required(x), [0, 0, 0, 0], [-1, -1, -1, 2 * pairs]);
        const axis = tableShape.length - 1;
        const spread = (values: tf.Tensor) => tf.gather(values, rotatedFeatures.map(pairOf), axis);
        // Not by a look-up: its gradient on plain JavaScript multiplies by 0 what is not looked up, NaN too.
        const partners = rotatedFeatures.map((feature) => tf.slice(part, [0, 0, 0, partner(feature)], [-1, -1, -1, 1]));
        const signs = rotatedFeatures.map((feature) => (isFirst(feature) ? -1 : 1));
        const others = tf.mul(tf.concat(partners, 3), signs);
        const result = tf.add(tf.mul(part, spread(table(Math.cos))), tf.mul(others, spread(table(Math.sin))));
        return rest === 0
          ? result
          : tf.concat([result, tf.slice(required(x), [0, 0, 0, 2 * pairs], [-1, -1, -1, rest])], 3);
      },
      reference: (x) =>
        required(x).map((value, index) => {
          const feature = index % width;
          if (feature >= 2 * pairs) return value;
          const row = Math.floor(index / width);
          const tableRow = (isByItem ? Math.floor(row / time / heads) * time : 0) + (row % time);
          const angle = at(angles, tableRow * pairs + pairOf(feature));
          const other = at(required(x), row * width + partner(feature));
          const [cos, sin] = [Math.fround(Math.cos(angle)), Math.fround(Math.sin(angle))];
          return value * cos + (isFirst(feature) ? -other : other) * sin;
        }),
    };
  },
});

interface LookupSettings {
  readonly ids: readonly number[];
  readonly rows: number;
  readonly features: number;
}

const lookup = defineOperation<LookupSettings>({
  name: "embeddingLookup",
  settings: fc.record({
    ids: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 }),
    rows: fc.integer({ min: 7, max: 17 }),
    features: size,
  }),
  large: [{ ids: [0, 6, 6, 3], rows: 10_007, features: 65 }],
  use: ({ ids, rows, features }) => ({
    shapes: [[rows, features]],
    compute: (table) => embeddingLookup(required(table), tf.tensor1d([...ids], "int32")),
    twin: (table) => tf.gather(required(table), [...ids]),
    reference: (table) =>
      Float64Array.from(ids.flatMap((id) => [...required(table).subarray(id * features, (id + 1) * features)])),
  }),
});

interface DropoutSettings {
  readonly shape: readonly number[];
  readonly rate: number;
}

const dropped = defineOperation<DropoutSettings>({
  name: "dropout",
  settings: fc.record({ shape: leadingAxes, rate: fc.constantFrom(0, 0.1, 0.5) }),
  large: [{ shape: [257, 256], rate: 0.3 }],
  use: ({ shape, rate }) => {
    const kept = drawnFactors(sizeOf(shape), rate);
    return {
      shapes: [shape],
      compute: (x) => dropout(required(x), rate, drawKey),
      twin: (x) => tf.mul(required(x), tf.tensor(kept, [...shape])),
      reference: (x) => required(x).map((value, index) => value * at(kept, index)),
    };
  },
});

export const placements: readonly OperationCase[] = [split, join, rotated, lookup, dropped];
