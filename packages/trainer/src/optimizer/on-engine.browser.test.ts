// A run in a page gives the numbers that it gives on plain JavaScript, wherever its engine keeps gradients and moments.

import type { EngineName } from "@lowrank/engine";
import "@lowrank/engine/gradients";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import type { TrainingState } from "../state/training-state.ts";
import { train } from "../train.ts";
import type { TrainOptions } from "../train-options.ts";

const [engine = "webgpu"] = testEngines("webgpu");

/** Trains a matrix and a bias on batches that are numbers: losses and norms, then final values; and the state after each step. */
async function run(name: EngineName, more: Partial<TrainOptions<number>> = {}) {
  await useEngine(name);
  const [numbers, skipped, states]: [number[], unknown[], TrainingState[]] = [[], [], []];
  const make = async () => {
    const shapes = { v34: [3, 4], v4: [4] };
    const made = tf.tidy(() => Object.values(shapes).map((shape) => tf.variable(wave(shape, 1))));
    const variables = new Map(Object.keys(shapes).map((key, index) => [key, made[index] as tf.Variable]));
    const [matrix, bias] = [...variables.values()] as [tf.Variable<tf.Rank.R2>, tf.Variable];
    const loss = (batch: number) => {
      const output = tf.matMul(wave([5, 3], batch) as tf.Tensor2D, matrix);
      // The last batch of an epoch says nothing about the bias.
      return tf.mean(tf.square(tf.sub(batch === 4 ? output : tf.add(output, bias), 1))) as tf.Scalar;
    };
    const options: TrainOptions<number> = {
      variables,
      loss,
      batches: () => [1, 2, 3, 4],
      steps: 6,
      learningRate: 0.05,
      warmupSteps: 2,
      clipNorm: 0.5,
      batchSize: (batch) => ({ tokens: batch, supervised: batch }),
      checkpoint: { every: 1, save: (state) => void states.push(state) },
      learningRateGroups: [{ matches: (key) => key === "v4", factor: 4 }],
      decayed: "matrices",
      ...more,
    };
    for await (const event of train(options)) {
      if (event.type === "step") numbers.push(event.loss, event.gradientNorm);
      if (event.type === "skip") skipped.push(event.step);
    }
    for (const variable of variables.values()) numbers.push(...(await variable.data()));
    tf.dispose([...variables.values()]);
  };
  await expectNoLeak(make, { warmUp: false });
  return { numbers, skipped, states };
}

function wave(shape: readonly number[], start: number): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(start + 1.7 * i)),
    [...shape],
  );
}

describe(`AdamW on ${engine}`, () => {
  it.each([
    { name: "one batch a step", more: {} },
    { name: "weighted micro-batches", more: { gradientAccumulationSteps: 3, weightByTokens: true } },
  ])("gives losses, norms and variables of plain JavaScript: $name", async ({ more }) => {
    const [{ numbers: expected }, { numbers: found }] = [await run("cpu", more), await run(engine, more)];
    const differences = expected.map((number, index) => Math.abs(number - (found[index] ?? Number.NaN)));
    expect(differences.filter((difference) => !(difference < 1e-5))).toEqual([]);
  });

  it("ends with the same bits after a checkpoint", async () => {
    const { numbers, states } = await run(engine);
    const resumed = await run(engine, { resumeFrom: states[3] as TrainingState });
    expect(resumed.numbers).toEqual(numbers.slice(-resumed.numbers.length));
  });

  it("skips steps whose loss is not finite, with the variables as before", async () => {
    const { skipped, states } = await run(engine, { batches: () => [1, Number.NaN, 3], maxSkippedSteps: 1 });
    expect(skipped).toEqual([2, 5]);
    expect(states[1]?.variables).toEqual(states[0]?.variables);
    expect(states[1]?.moments).toEqual(states[0]?.moments);
    expect(states[2]?.variables).not.toEqual(states[1]?.variables);
  });
});
