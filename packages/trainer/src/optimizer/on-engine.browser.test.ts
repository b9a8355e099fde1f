// A run in a page gives the numbers that it gives on plain JavaScript, wherever its engine keeps gradients and moments.

import "@lowrank/engine/gradients";
import type { EngineName } from "@lowrank/engine";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import type { TrainingState } from "../state/training-state.ts";
import { train } from "../train.ts";
import type { TrainOptions } from "../train-options.ts";
import type { TrainingEvent } from "../training-event.ts";

const [engine = "webgpu"] = testEngines("webgpu");
const steps = 6;

interface Run {
  readonly events: readonly TrainingEvent[];
  readonly values: readonly number[];
  readonly states: readonly TrainingState[];
}

/** Two matrices and a bias; a batch is a number that its inputs are made of. */
async function run(name: EngineName, more: Partial<TrainOptions<number>> = {}): Promise<Run> {
  await useEngine(name);
  const [events, values, states]: [TrainingEvent[], number[], TrainingState[]] = [[], [], []];
  const shapes = { a: [3, 2], b: [2, 4], bias: [4] };
  await expectNoLeak(
    async () => {
      const variables = new Map(
        tf.tidy(() =>
          Object.entries(shapes).map(([key, shape]) => [key, tf.variable(wave(shape, shape.length))] as const),
        ),
      );
      const [a, b, bias] = [...variables.values()] as [tf.Variable, tf.Variable, tf.Variable];
      const loss = (batch: number) => {
        const hidden = tf.matMul(wave([5, 3], batch) as tf.Tensor2D, a as unknown as tf.Tensor2D);
        const output = tf.matMul(hidden, b as unknown as tf.Tensor2D);
        // The last batch of an epoch says nothing about the bias.
        return tf.mean(tf.square(tf.sub(batch === 4 ? output : tf.add(output, bias), 1))) as tf.Scalar;
      };
      const options: TrainOptions<number> = {
        ...{ variables, loss, batches: () => [1, 2, 3, 4], steps, learningRate: 0.05, warmupSteps: 2, clipNorm: 0.5 },
        checkpoint: { every: 1, save: (state) => void states.push(state) },
        learningRateGroups: [{ matches: (key) => key === "b", factor: 4 }],
        decayed: "matrices",
        ...more,
      };
      for await (const event of train(options)) events.push(event);
      for (const variable of variables.values()) values.push(...(await variable.data()));
      tf.dispose([...variables.values()]);
    },
    { warmUp: false },
  );
  return { events, values, states };
}

function wave(shape: readonly number[], start: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(start + 1.7 * i)),
    [...shape],
  );
}

function numbersOf({ events, values }: Run): number[] {
  return [...events.flatMap((event) => (event.type === "step" ? [event.loss, event.gradientNorm] : [])), ...values];
}

describe(`AdamW on ${engine}`, () => {
  it.each([
    { name: "one batch a step", more: {} },
    { name: "weighted micro-batches", more: { gradientAccumulationSteps: 3, weightByTokens: true } },
  ])("gives losses, norms and variables of plain JavaScript: $name", async ({ more }) => {
    const options = { ...more, batchSize: (batch: number) => ({ tokens: batch, supervised: batch }) };
    const [expected, found] = [numbersOf(await run("cpu", options)), numbersOf(await run(engine, options))];
    expect(expected).toHaveLength(2 * steps + 18);
    const differences = expected.map((number, index) => Math.abs(number - (found[index] ?? Number.NaN)));
    expect(differences.filter((difference) => !(difference < 1e-5))).toEqual([]);
  });

  it("ends with the same bits after a checkpoint", async () => {
    const { values, states } = await run(engine);
    expect((await run(engine, { resumeFrom: states[3] as TrainingState })).values).toEqual(values);
  });

  it("continues a run that began on plain JavaScript", async () => {
    const { values, states } = await run("cpu");
    const continued = await run(engine, { resumeFrom: states[2] as TrainingState });
    expect(Math.max(...values.map((value, i) => Math.abs(value - (continued.values[i] ?? 0))))).toBeLessThan(1e-5);
  });

  it("leaves out steps whose loss is not finite, with the variables as before", async () => {
    const { events, states } = await run(engine, { batches: () => [1, Number.NaN, 3], maxSkippedSteps: 1 });
    expect(events.filter(({ type }) => type === "skip")).toMatchObject([
      { what: "loss", step: 2 },
      { what: "loss", step: 5 },
    ]);
    expect(states[2]?.variables).not.toEqual(states[1]?.variables);
    expect(states[1]?.variables).toEqual(states[0]?.variables);
    expect(states[1]?.moments).toEqual(states[0]?.moments);
  });
});
