// The speed of single operations on WebGPU, in the sizes of SmolLM2-135M: each runs several times before the GPU is awaited.

import {
  addLowRank,
  attention,
  FrozenWeight,
  frozenLinear,
  linearCrossEntropy,
  rmsNorm,
  swiglu,
} from "@lowrank/engine";
import * as engine from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Facts, serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startEngine } from "./adapted-model.ts";

const { batch, time: perRow } = receivedSettings();
const versions = await startEngine();
const rows = batch * perRow;
const [width, hidden, heads, keyHeads, headSize, vocabulary] = [576, 1536, 9, 3, 64, 49152];
const random = (...shape: number[]) => tf.randomUniform(shape, -0.1, 0.1, "float32", 1);
const values = Float32Array.from({ length: width * hidden }, (_, i) => Math.sin(i));
const layout = { rows: hidden, columns: width, layout: "out-in" } as const;
const int8 = engine.packInt8(values, layout);
if (int8 === undefined) throw new Error("A sine is finite.");

const [x, wide, gain] = [random(rows, width) as tf.Tensor2D, random(rows, hidden), random(width)];
const [a, b] = [random(width, 8) as tf.Tensor2D, random(8, hidden) as tf.Tensor2D];
const query = random(batch, heads, perRow, headSize);
const key = random(batch, keyHeads, perRow, headSize);
const mask = engine.causalMask(perRow);
const head = FrozenWeight.fromTransposed(random(vocabulary, width) as tf.Tensor2D);
const labels = tf.tensor1d(new Int32Array(rows).fill(1), "int32");

/** An operation, how much it multiplies and adds, and the inputs whose gradients are timed with it. */
type Timed = readonly [operations: number, run: () => tf.Tensor, targets: readonly tf.Tensor[]];

const linear = (weight: FrozenWeight): Timed => [2 * rows * width * hidden, () => frozenLinear(x, weight), [x]];
const timed: Readonly<Record<string, Timed>> = {
  "product, float32": linear(FrozenWeight.fromTransposed(random(hidden, width) as tf.Tensor2D)),
  "product, int8": linear(FrozenWeight.fromInt8(int8)),
  "product, nf4": linear(FrozenWeight.fromTransposed(engine.packNormalFloat4(values, layout))),
  "LoRA branch": [2 * rows * 8 * (width + hidden), () => addLowRank(wide, x, a, b, 2), [wide, x, a, b]],
  attention: [4 * rows * perRow * heads * headSize, () => attention({ query, key, value: key, mask }), [query, key]],
  "RMS norm": [4 * rows * width, () => rmsNorm(x, gain, 1e-5), [x]],
  SwiGLU: [5 * rows * hidden, () => swiglu(wide, wide), [wide]],
  "head's loss": [2 * rows * width * vocabulary, () => linearCrossEntropy(x, head, labels), [x]],
};

await serve({ versions, steps: {}, facts: measureAll });

/** GFLOPS by name. Gradients count like the forward pass, or twice where several inputs have one. */
async function measureAll(): Promise<Facts> {
  const speeds: Record<string, number> = {};
  for (const [name, [operations, run, targets]] of Object.entries(timed)) {
    const both = () => {
      const { value, gradients } = engine.differentiate(run, targets);
      use(value);
      tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
    };
    const alone = () => {
      const value = run();
      use(value);
      value.dispose();
    };
    const withGradients = operations * (targets.length > 1 ? 3 : 2);
    speeds[name] = operations / (1e6 * (await milliseconds(alone)));
    speeds[`${name}, with gradients`] = withGradients / (1e6 * (await milliseconds(both)));
  }
  return speeds;
}

/** Some results are computed when they are read. */
function use(value: tf.Tensor): void {
  tf.tidy(() => tf.slice(tf.reshape(value, [value.size]), [0], [1])).dispose();
}

/** The mean time of one call: the smallest of two rounds, each of as many calls as take a tenth of a second. */
async function milliseconds(call: () => void): Promise<number> {
  const round = async (calls: number) => {
    const start = performance.now();
    for (let made = 0; made < calls; made += 1) call();
    const marker = tf.slice(x, [0, 0], [1, 1]); // of the GPU's memory: computed after all other kernels
    await marker.data();
    marker.dispose();
    return (performance.now() - start) / calls;
  };
  await round(1); // compiles the shaders
  const calls = Math.max(1, Math.min(50, Math.floor(100 / (await round(1)))));
  return Math.min(await round(calls), await round(calls));
}
