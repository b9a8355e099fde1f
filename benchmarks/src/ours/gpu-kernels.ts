// The speed of single operations on WebGPU, in the sizes of SmolLM2-135M: each runs several times before the GPU is awaited.

import {
  addLowRank,
  attention,
  causalMask,
  differentiate,
  FrozenWeight,
  frozenLinear,
  linearCrossEntropy,
  packInt8,
  packNormalFloat4,
  rmsNorm,
  swiglu,
} from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { type Facts, serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startEngine } from "./adapted-model.ts";

const { batch, time: perRow, tiny } = receivedSettings();
const versions = await startEngine();
const rows = batch * perRow;
const [width, hidden, heads, keyHeads, headSize, vocabulary] = tiny
  ? [48, 64, 3, 1, 16, 120]
  : [576, 1536, 9, 3, 64, 49152];
const random = (...shape: number[]) => tf.randomUniform(shape, -0.1, 0.1, "float32", 1);
const values = Float32Array.from({ length: width * hidden }, (_, i) => Math.sin(i));
const transposed = { rows: hidden, columns: width } as const;
const int8 = packInt8(values, { ...transposed, layout: "out-in" });
if (int8 === undefined) throw new Error("A sine is finite.");

const product = 2 * rows * width * hidden;
const x = random(rows, width);
const wide = random(rows, hidden);
const gain = random(width);
const [a, b] = [random(width, 8) as tf.Tensor2D, random(8, hidden) as tf.Tensor2D];
const query = random(batch, heads, perRow, headSize);
const key = random(batch, keyHeads, perRow, headSize);
const mask = causalMask(perRow);
const head = FrozenWeight.fromTransposed(random(vocabulary, width) as tf.Tensor2D);
const labels = tf.tensor1d(new Int32Array(rows).fill(1), "int32");

interface Timed {
  /** Multiplications and additions; numbers that move, where there are few of those. */
  readonly operations: number;
  run(): tf.Tensor;
  readonly targets: readonly tf.Tensor[];
}

/** Forward; the gradients of `targets` are timed with it as a row of their own. */
const timed: Readonly<Record<string, Timed>> = {
  "product, float32": {
    operations: product,
    ...linear(FrozenWeight.fromTransposed(random(hidden, width) as tf.Tensor2D)),
  },
  "product, int8": { operations: product, ...linear(FrozenWeight.fromInt8(int8)) },
  "product, nf4": { operations: product, ...linear(FrozenWeight.fromTransposed(packNormalFloat4(values, transposed))) },
  "LoRA branch": {
    operations: 2 * rows * 8 * (width + hidden),
    run: () => addLowRank(wide, x, a, b, 2),
    targets: [wide, x, a, b],
  },
  attention: {
    operations: 4 * batch * heads * perRow * perRow * headSize,
    run: () => attention({ query, key, value: key, mask }),
    targets: [query, key],
  },
  "RMS norm": { operations: 4 * rows * width, run: () => rmsNorm(x, gain, 1e-5), targets: [x] },
  SwiGLU: { operations: 5 * rows * hidden, run: () => swiglu(wide, wide), targets: [wide] },
  "head's loss": {
    operations: 2 * rows * width * vocabulary,
    run: () => linearCrossEntropy(x as tf.Tensor2D, head, labels),
    targets: [x],
  },
};

await serve({ versions, steps: {}, facts: measureAll });

function linear(weight: FrozenWeight) {
  return { run: () => frozenLinear(x, weight), targets: [x] };
}

/** GFLOPS by name; gradients count twice the forward pass's operations, or as many where a frozen weight has none. */
async function measureAll(): Promise<Facts> {
  const speeds: Record<string, number> = {};
  for (const [name, { operations, run, targets }] of Object.entries(timed)) {
    const both = () => {
      const { value, gradients } = differentiate(run, targets);
      tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
    };
    const backward = targets.length > 1 ? 2 : 1;
    speeds[name] = operations / (1e6 * (await milliseconds(() => run().dispose())));
    speeds[`${name}, with gradients`] = ((1 + backward) * operations) / (1e6 * (await milliseconds(both)));
  }
  return speeds;
}

/** The mean time of one call: the smallest of three rounds, each of as many calls as take some milliseconds. */
async function milliseconds(call: () => void): Promise<number> {
  const round = async (calls: number) => {
    const start = performance.now();
    for (let made = 0; made < calls; made += 1) call();
    await finished();
    return (performance.now() - start) / calls;
  };
  await round(1); // compiles the shaders
  const calls = Math.max(1, Math.min(50, Math.floor(100 / (await round(1)))));
  return Math.min(await round(calls), await round(calls), await round(calls));
}

/** Waits for all earlier kernels: x is in the GPU's memory, so its slice is computed after them. */
async function finished(): Promise<void> {
  const marker = tf.slice(x, [0, 0], [1, 1]);
  await marker.data();
  marker.dispose();
}
