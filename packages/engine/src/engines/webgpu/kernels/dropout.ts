// Dropout in one dispatch, and dropout's factors for kernels that read them in an order of their own.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { runShader } from "../run-shader.ts";
import { type DropoutBits, drawNumbers, dropoutBits } from "./dropout-bits.ts";
import { type GpuKernel, inputOf, sizeOf } from "./gpu-kernel.ts";

/** x, and a term of its size or none → x's entries times their factors, plus the term. */
export const dropout: GpuKernel = (call) => {
  const x = inputOf(call, "x");
  const { term } = call.inputs;
  const bits = dropoutBits(call.attributes, sizeOf(x.shape));
  const use = `for (var bit = 0u; bit < 32; bit++) {
      let i = entryOf(word, bit);
      if (i < numbers.count) {
        y[i] = x[i] * ${factorAt("kept", "bit")}${term === undefined ? "" : " + term[i]"};
      }
    }`;
  const shader = {
    ...drawing(bits, use),
    key: `dropout ${bits.key} ${term !== undefined}`,
    inputs: { x: "f32", ...(term && ({ term: "f32" } as const)) },
    outputs: { y: "f32" },
  } as const;
  const inputs = { x, ...(term && { term }) };
  return [runShader(call.backend, shader, { ...sizesOf(bits), inputs, outputs: { y: x.shape } }).y];
};

/** Factors of some entries, drawn for the shaders of products. */
export interface DrawnFactors {
  /** The input `bits`, of u32. The kernel disposes of it. */
  readonly bits: tf.TensorInfo;
  /** The number `factor`, of f32. */
  readonly factor: number;
  /** `factorOf(i)`: what entry i is multiplied by. */
  readonly text: string;
  /** Tells shaders of different texts apart. */
  readonly key: string;
}

/** Draws the factors of `count` entries; undefined if a kernel's attributes drop none. */
export function drawFactors(
  backend: WebGPUBackend,
  attributes: tf.NamedAttrMap,
  count: number,
): DrawnFactors | undefined {
  if (!(Number(attributes.rate) > 0)) return undefined;
  const bits = dropoutBits(attributes, count);
  const shader = {
    ...drawing(bits, "bits[word] = kept;"),
    ...({ key: `dropout bits ${bits.key}`, inputs: {}, outputs: { bits: "u32" } } as const),
  };
  const drawn = runShader(backend, shader, { ...sizesOf(bits), inputs: {}, outputs: { bits: [bits.words] } });
  const text = `${bits.places}
fn factorOf(i: u32) -> f32 {
  let place = placeOf(i);
  return ${factorAt("bits[place.x]", "place.y")};
}`;
  return { bits: drawn.bits, factor: bits.numbers.factor, text, key: bits.key };
}

const lanes = 64;

function drawing({ functions, draw }: DropoutBits, use: string) {
  const code = `let own = group * ${lanes} + lane;
    if (own >= numbers.invocations) { return; }
    ${draw(use)}`;
  return { lanes, numbers: drawNumbers, declarations: functions, code } as const;
}

function sizesOf({ numbers }: DropoutBits) {
  return { numbers, groups: Math.ceil(numbers.invocations / lanes) };
}

/** A product, no selection, so that NaN stays NaN. */
function factorAt(word: string, bit: string): string {
  return `select(0.0, numbers.factor, ((${word} >> ${bit}) & 1) == 1)`;
}
