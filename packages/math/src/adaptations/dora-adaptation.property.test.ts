// DoRA at a linear layer of drawn sizes, on every engine: against plain operations, and against float64 and the central
// differences of it.

import type { Site } from "@lowrank/contracts";
import { LowrankError } from "@lowrank/contracts";
import { chooseEngine, type EngineName, FrozenWeight, frozenLinear } from "@lowrank/engine";
import { expectClose, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  caseOf,
  type DoraCase,
  doraSettings,
  gradientAt,
  lengthsOf,
  outputWeights,
  reference,
  training,
  twin,
} from "../../test/dora-case.ts";
import { createLora } from "../matrices/create-lora.ts";
import type { LoraMatrices } from "../matrices/lora-matrices.ts";
import { DoraAdaptation } from "./dora-adaptation.ts";
import { LoraAdaptation } from "./lora-adaptation.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

interface Ours {
  readonly variables: readonly [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
  compute(): tf.Tensor;
  dispose(): void;
}

/** The adaptation at a frozen linear layer, with x as a variable. */
function ours(one: DoraCase): Ours {
  const { rows, inFeatures, outFeatures, rank, scale, rate, isTransposed, tells } = one;
  const plain = tf.tensor2d(one.weight.slice(), [inFeatures, outFeatures]);
  const frozen = isTransposed ? FrozenWeight.fromTransposed(tf.transpose(plain)) : FrozenWeight.from(tf.clone(plain));
  const bias = tf.tensor1d(one.bias.slice());
  const lora = createLora({ inFeatures, outFeatures, rank, key: { seed: 3, path: "p" }, name: "dora-drawn" });
  const [x, a, b, m] = one.inputs;
  assign(lora, a, b);
  const magnitude = tf.tidy(() => tf.variable(tf.tensor1d(m.slice())));
  const input = tf.tidy(() => tf.variable(tf.tensor2d(x.slice(), [rows, inFeatures])));
  const site: Site = {
    kind: "linear",
    path: "h.0.fc",
    role: "body",
    inFeatures,
    outFeatures,
    hasBias: true,
    fanInFanOut: false,
    attach: () => () => undefined,
    applyBase: (given) => frozenLinear(given, frozen),
    readWeight: () => frozen.read(),
    replaceWeight: () => () => undefined,
    ...(tells ? { values: () => ({ weight: plain, bias }) } : {}),
  };
  const adaptation = new DoraAdaptation({ inner: new LoraAdaptation({ lora, scale }), magnitude, dropout: rate });
  return {
    variables: [input, lora.a, lora.b, magnitude],
    compute: () =>
      adaptation.apply({ input, output: frozenLinear(input, frozen, bias), site, context: training, weight: 1 }),
    dispose: () => {
      lora.dispose();
      frozen.dispose();
      tf.dispose([plain, bias, magnitude, input]);
    },
  };
}

function assign({ a, b }: LoraMatrices, forA: Float32Array, forB: Float32Array): void {
  tf.tidy(() => {
    a.assign(tf.tensor2d(forA.slice(), a.shape));
    b.assign(tf.tensor2d(forB.slice(), b.shape));
  });
}

/** The value, then the gradient of each variable. */
async function valueAndGradients(
  compute: () => tf.Tensor,
  variables: readonly tf.Variable[],
): Promise<readonly Float32Array[]> {
  const tensors = tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const output = compute();
      return tf.sum(tf.mul(output, tf.tensor(outputWeights(output.size), output.shape))) as tf.Scalar;
    }, [...variables]);
    return [compute(), ...variables.map(({ name }) => grads[name]!)];
  });
  const values = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose(tensors);
  return values;
}

/** Those named by LOWRANK_TEST_ENGINES, as in the engine's own tests; native only where there is a library for it. */
const engines = (process.env.LOWRANK_TEST_ENGINES ?? "cpu,wasm,native").split(",") as EngineName[];

async function start(engine: EngineName): Promise<boolean> {
  try {
    await chooseEngine({ order: [engine] });
    return true;
  } catch (error) {
    if (engine !== "native" || !LowrankError.isInstance(error, "NO_ENGINE")) throw error;
    process.stderr.write(`skipped on native: ${error.message}\n`);
    return false;
  }
}

describe.each(engines)("DoRA at a linear layer, on %s", (engine) => {
  let isHere = false;
  let tensorsBefore = 0;
  beforeAll(async () => {
    isHere = await start(engine);
    tensorsBefore = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

  it("equals plain operations and float64, with the gradients of x, A, B and the magnitudes", async ({ skip }) => {
    if (!isHere) skip();
    await fc.assert(
      fc.asyncProperty(doraSettings, async (chosen) => {
        const one = caseOf(chosen);
        const adapted = ours(one);
        const actual = await valueAndGradients(adapted.compute, adapted.variables);
        const expected = await valueAndGradients(() => twin(one, adapted.variables), adapted.variables);
        adapted.dispose();
        for (const [index, values] of expected.entries())
          expectClose(actual[index]!, values, 1e-5 * largestMagnitude(values), `tensor ${index}`);
        const exact = reference(
          one,
          one.inputs.map((values) => Float64Array.from(values)),
          lengthsOf(one),
        );
        expectClose(actual[0]!, exact, 1e-5 * largestMagnitude(exact), "the value, in float64");
        for (const [input, gradient] of actual.slice(1).entries()) {
          const indices = [...gradient.keys()].filter((position) => position % Math.ceil(gradient.length / 5) === 0);
          const found = indices.map((position) => gradient[position]!);
          const gradients = indices.map((position) => gradientAt(one, input, position));
          expectClose(found, gradients, 1e-5 * largestMagnitude(gradient), `some slopes of input ${input}`);
        }
      }),
      { seed: 20_261_125, numRuns: 40 },
    );
  });

  it("leaves nothing behind in 20 steps", ({ skip }) => {
    if (!isHere) skip();
    const { compute, variables, dispose } = ours(
      caseOf({
        rows: 3,
        inFeatures: 5,
        outFeatures: 4,
        rank: 2,
        scale: 2,
        rate: 0.3,
        isTransposed: true,
        tells: false,
      }),
    );
    const before = tf.memory();
    for (let step = 0; step < 20; step++)
      tf.dispose(tf.variableGrads(() => tf.sum(compute()) as tf.Scalar, [...variables]));
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    dispose();
    expect({ numTensors, numDataBuffers, numBytes }).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
  });
});
