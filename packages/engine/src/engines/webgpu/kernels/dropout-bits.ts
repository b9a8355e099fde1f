// Dropout's decisions in a shader: the same ones as on the host, for the same key (random/masks/segments.ts). An invocation
// steps one generator through one segment. Its decisions are the bits of words, in the order in which they are drawn.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { hashKey } from "../../../random/hash-key.ts";
import { type MaskPlan, maskStream, planMask, segmentSize } from "../../../random/masks/segments.ts";

/** A draw of some entries, as shaders compute it. */
export interface DropoutBits {
  /** Tells shaders of different texts apart in their keys. */
  readonly key: string;
  /** `placeOf(entry)`: the entry's word and its bit in it, as a vec2u. */
  readonly places: string;
  /** `entryOf(word, bit)`, and what `draw` calls. */
  readonly functions: string;
  /** Statements that draw the words of invocation `own` and `use` each: its number `word`, its bits `kept`. */
  draw(use: string): string;
  readonly words: number;
  readonly numbers: Readonly<Record<keyof typeof drawNumbers, number>>;
}

/** Numbers of a shader that draws. */
export const drawNumbers = {
  key0: "u32",
  key1: "u32",
  threshold: "u32",
  count: "u32",
  factor: "f32",
  invocations: "u32",
} as const;

/** The draw of `count` entries that is in a kernel's attributes. */
export function dropoutBits(attributes: tf.NamedAttrMap, count: number): DropoutBits {
  const { rate, key } = drawIn(attributes);
  const [key0, key1] = hashKey(key);
  if (key.oldMasks === true) {
    // A value from [0, 1) with 24 bits is below the rate if its bits are below the threshold.
    const numbers = { key0, key1, threshold: Math.ceil(rate * 2 ** 24), count, factor: 1 / (1 - rate) };
    const words = Math.ceil(count / 32);
    return { ...oldBits, words, numbers: { ...numbers, invocations: words } };
  }
  const plan = planMask(rate);
  const invocations = 8 * Math.ceil(count / segmentSize(plan));
  const { threshold, factor } = plan;
  const words = (invocations * segmentSize(plan)) / 256;
  return { ...segmentBits(plan), words, numbers: { key0, key1, threshold, count, factor, invocations } };
}

type Text = Pick<DropoutBits, "key" | "places" | "functions" | "draw">;

const threefry = `
const turns = array<u32, 8>(13, 15, 26, 6, 17, 29, 16, 24);
fn rotate(word: u32, count: u32) -> u32 { return (word << count) | (word >> (32 - count)); }
fn threefry(counter: vec2u) -> vec2u { // random/threefry.ts
  var keys = array<u32, 3>(numbers.key0, numbers.key1, 0x1bd11bdau ^ numbers.key0 ^ numbers.key1);
  var x = counter + vec2u(keys[0], keys[1]);
  for (var round = 0u; round < 20; round++) {
    x.x += x.y;
    x.y = rotate(x.y, turns[round % 8]) ^ x.x;
    if (round % 4 == 3) {
      let next = round / 4 + 1;
      x += vec2u(keys[next % 3], keys[(next + 1) % 3] + next);
    }
  }
  return x;
}`;

/** As before masks had generators of their own: Threefry gives the values of two entries. */
const oldBits: Text = {
  key: "old",
  places: "fn placeOf(entry: u32) -> vec2u { return vec2u(entry / 32, entry % 32); }",
  functions: `${threefry}
fn entryOf(word: u32, bit: u32) -> u32 { return 32 * word + bit; }`,
  draw: (use) => `let word = own;
    var kept = 0u;
    for (var bit = 0u; bit < 32; bit += 2) {
      let values = threefry(vec2u(entryOf(word, bit), 0)) >> vec2u(8);
      kept |= select(0u, 1u << bit, values.x >= numbers.threshold);
      kept |= select(0u, 2u << bit, values.y >= numbers.threshold);
    }
    ${use}`,
};

/** xoshiro128++ (Blackman and Vigna 2021): each of a segment's eight generators gives some neighbouring numbers a step. */
function segmentBits(plan: MaskPlan): Text {
  const { bits } = plan;
  const parts = 32 / bits; // of a generator's number: entries that are neighbours
  const words = segmentSize(plan) / 256; // of a generator
  return {
    key: `${bits} bits`,
    places: `fn placeOf(entry: u32) -> vec2u {
  let generator = entry / ${segmentSize(plan)} * 8 + entry / ${parts} % 8;
  let drawn = entry % ${segmentSize(plan)} / ${8 * parts} * ${parts} + entry % ${parts};
  return vec2u(generator * ${words} + drawn / 32, drawn % 32);
}`,
    functions: `${threefry}
fn entryOf(word: u32, bit: u32) -> u32 {
  let generator = word / ${words};
  let drawn = word % ${words} * 32 + bit;
  let step = drawn / ${parts};
  return generator / 8 * ${segmentSize(plan)} + (step * 8 + generator % 8) * ${parts} + drawn % ${parts};
}`,
    draw: (use) => `let place = own / 8 * 16 + own % 8 / 4 * 8 + own % 4;
    let ab = threefry(vec2u(place, ${maskStream}));
    let cd = threefry(vec2u(place + 4, ${maskStream}));
    var a = ab.x;
    var b = ab.y;
    var c = cd.x;
    var d = cd.y;
    for (var word = own * ${words}; word < (own + 1) * ${words}; word++) {
      var kept = 0u;
      for (var bit = 0u; bit < 32; bit += ${parts}) {
        let drawn = rotate(a + d, 7) + a;
        for (var part = 0u; part < ${parts}; part++) {
          let number = (drawn >> (part * ${bits})) & ${2 ** bits - 1};
          kept |= select(0u, 1u << (bit + part), number >= numbers.threshold);
        }
        let nextC = c ^ a;
        let nextD = d ^ b;
        let shifted = b << 9;
        b ^= nextC;
        a ^= nextD;
        c = nextC ^ shifted;
        d = rotate(nextD, 11);
      }
      ${use}
    }`,
  };
}
