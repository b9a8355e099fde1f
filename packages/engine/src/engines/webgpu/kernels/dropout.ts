// Dropout whose decisions the GPU draws: the same ones as on the host, for the same key (random/masks/segments.ts). An
// invocation steps one generator through one segment. Its decisions are the bits of words, in the order in which they are
// drawn; other shaders read them by an entry's number.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { hashKey } from "../../../random/hash-key.ts";
import { type MaskPlan, planMask } from "../../../random/masks/plan-mask.ts";
import { maskStream, segmentSize } from "../../../random/masks/segments.ts";
import { sizeOf } from "../../../rows.ts";
import { runShader } from "../run-shader.ts";
import { runEntrywise } from "./entrywise.ts";
import { type DrawnFactors, type GpuKernel, type GpuKernelCall, inputOf } from "./gpu-kernel.ts";

/** x, and a term of its size or none → x's entries times their factors, plus the term. */
export const dropout: GpuKernel = (call) => {
  const x = inputOf(call, "x");
  const { term } = call.inputs;
  return withFactors(call, x, (factors) =>
    runEntrywise(call.backend, {
      key: `dropout ${factors?.key} ${term !== undefined}`,
      inputs: { x, ...(term && { term }) },
      outputs: ["y"],
      shape: x.shape,
      factors,
      code: `y[i] = x[i]${factors === undefined ? "" : " * factorOf(i)"}${term === undefined ? "" : " + term[i]"};`,
    }),
  );
};

/** Draws the factors of x's entries for `use`, and frees them; undefined if a kernel's attributes drop none. */
export function withFactors(
  { backend, attributes }: GpuKernelCall,
  { shape }: Pick<tf.TensorInfo, "shape">,
  use: (factors: DrawnFactors | undefined) => tf.TensorInfo[],
): tf.TensorInfo[] {
  if (!(Number(attributes.rate) > 0)) return use(undefined);
  const factors = drawFactors(backend, attributes, sizeOf(shape));
  const results = use(factors);
  backend.disposeData(factors.bits.dataId);
  return results;
}

const lanes = 64;
const numberTypes = { key0: "u32", key1: "u32", threshold: "u32", invocations: "u32" } as const;

/** Draws the factors of `count` entries; the caller frees `bits`. */
export function drawFactors(backend: WebGPUBackend, attributes: tf.NamedAttrMap, count: number): DrawnFactors {
  const { rate, key } = drawIn(attributes);
  const [key0, key1] = hashKey(key);
  const plan = planMask(rate);
  const isOld = key.oldMasks === true;
  const kind = isOld ? oldMask : segmentMask(plan);
  const invocations = isOld ? Math.ceil(count / 32) : 8 * Math.ceil(count / segmentSize(plan));
  // A value from [0, 1) with 24 bits is below the rate if its bits are below the old masks' threshold.
  const threshold = isOld ? Math.ceil(rate * 2 ** 24) : plan.threshold;
  const shader = {
    ...({
      key: `dropout bits ${kind.key}`,
      lanes,
      inputs: {},
      outputs: { bits: "u32" },
      numbers: numberTypes,
    } as const),
    declarations: threefry,
    code: `let invocation = group * ${lanes} + lane;
      if (invocation >= numbers.invocations) { return; }
      ${kind.draw}`,
  };
  const { bits } = runShader(backend, shader, {
    inputs: {},
    outputs: { bits: [invocations * kind.words] },
    groups: Math.ceil(invocations / lanes),
    numbers: { key0, key1, threshold, invocations },
  });
  // A product, no selection, so that NaN stays NaN.
  const text = `${kind.places}
fn factorOf(i: u32) -> f32 {
  let place = placeOf(i);
  return select(0.0, numbers.factor, ((bits[place.x] >> place.y) & 1) == 1);
}`;
  return { bits, factor: isOld ? 1 / (1 - rate) : plan.factor, text, key: kind.key };
}

interface MaskText {
  readonly key: string;
  /** Words that an invocation draws. */
  readonly words: number;
  /** `placeOf(entry)`: the entry's word and its bit in it. */
  readonly places: string;
  /** Statements that draw the words of `invocation`. */
  readonly draw: string;
}

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
const oldMask: MaskText = {
  key: "old",
  words: 1,
  places: "fn placeOf(entry: u32) -> vec2u { return vec2u(entry / 32, entry % 32); }",
  draw: `var kept = 0u;
    for (var bit = 0u; bit < 32; bit += 2) {
      let values = threefry(vec2u(32 * invocation + bit, 0)) >> vec2u(8);
      kept |= select(0u, 1u << bit, values.x >= numbers.threshold);
      kept |= select(0u, 2u << bit, values.y >= numbers.threshold);
    }
    bits[invocation] = kept;`,
};

/** xoshiro128++ (Blackman and Vigna 2021): each of a segment's eight generators gives some neighbouring numbers a step. */
function segmentMask(plan: MaskPlan): MaskText {
  const { bits } = plan;
  const size = segmentSize(plan);
  const parts = 32 / bits; // of a generator's number: entries that are neighbours
  const words = size / 256; // of a generator
  return {
    key: `${bits} bits`,
    words,
    places: `fn placeOf(entry: u32) -> vec2u {
  let generator = entry / ${size} * 8 + entry / ${parts} % 8;
  let drawn = entry % ${size} / ${8 * parts} * ${parts} + entry % ${parts};
  return vec2u(generator * ${words} + drawn / 32, drawn % 32);
}`,
    draw: `let place = invocation / 8 * 16 + invocation % 8 / 4 * 8 + invocation % 4;
    let ab = threefry(vec2u(place, ${maskStream}));
    let cd = threefry(vec2u(place + 4, ${maskStream}));
    var a = ab.x;
    var b = ab.y;
    var c = cd.x;
    var d = cd.y;
    for (var word = invocation * ${words}; word < (invocation + 1) * ${words}; word++) {
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
      bits[word] = kept;
    }`,
  };
}
