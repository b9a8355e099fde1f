// A run whose learning rate does not suit restarts with another one.

import type { RandomKey } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { collect, type Rows, stepsOf, useRegression } from "../test/regression.ts";
import { parseState, serializeState } from "./state/state-files.ts";
import type { TrainingState } from "./state/training-state.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const regression = useRegression();
const { options, values } = regression;

const batches = () => [1, 2, 3, 4, 5].map(() => ({ x: [[1, -1]] as const }));
const watchRate = { restarts: 2 };
const high: Partial<TrainOptions<Rows>> = { steps: 40, learningRate: 40, warmupSteps: 2, batches, watchRate };
const evaluate = { every: 10, atStart: true, keepsBest: true, run: () => ({ loss: values().flat()[0] ?? 0 }) };

/** The loss, but NaN after the first step while the variables have gone far. */
function nanAbove(rate: number) {
  return (rows: Rows, key: RandomKey) => {
    const isFar = Math.max(...values().flat().map(Math.abs)) > rate;
    const loss = regression.loss(rows, key);
    return isFar ? (tf.mul(loss, Number.NaN) as tf.Scalar) : loss;
  };
}

describe("a run that watches its learning rate", () => {
  it("restarts with a quarter of it, at most twice, like a run with that rate", async () => {
    const events = await collect(train(options({ ...high, evaluate })));
    const restarts = events.filter(({ type }) => type === "restart");
    expect(restarts).toMatchObject([
      { step: 10, learningRateBefore: 40, learningRate: 10, reason: expect.stringContaining("the loss rose from") },
      { step: 10, learningRateBefore: 10, learningRate: 2.5, steps: 40 },
    ]);
    const rest = events.slice(events.map(({ type }) => type).lastIndexOf("restart") + 1);
    const found = values();
    regression.reset();
    const [, ...quarter] = await collect(train(options({ ...high, learningRate: 2.5, evaluate })));
    const numbers = (all: typeof events) =>
      all.flatMap((event) =>
        event.type === "evaluation" || event.type === "step"
          ? [[event.step, "loss" in event ? event.loss : event.metrics]]
          : [],
      );
    expect(numbers(rest)).toEqual(numbers(quarter));
    expect(found).toEqual(values());
  });

  it.each([3, 20, 35])("ends with the same bits after it was stopped at step %i and resumed", async (step) => {
    await collect(train(options({ ...high, evaluate })));
    const whole = values();
    regression.reset();
    const controller = new AbortController();
    let saved: TrainingState | undefined;
    const save = (state: TrainingState) => {
      saved = state;
    };
    const first = { ...high, evaluate, signal: controller.signal, checkpoint: { every: 1000, save } };
    for await (const event of train(options(first)))
      if (event.type === "step" && event.step === step) controller.abort();
    if (saved === undefined) throw new Error("no state was saved");
    for (const variable of regression.variables.values()) variable.assign(tf.zerosLike(variable));
    const warnings: unknown[] = [];
    const resumed = { ...high, evaluate, resumeFrom: await parseState(serializeState(saved)) };
    await collect(train(options({ ...resumed, onWarning: (warning) => warnings.push(warning) })));
    expect(values()).toEqual(whole);
    expect(warnings).toEqual([]);
  });

  it("restarts if a number is not finite", async () => {
    const broken = { ...high, learningRate: 0.8, warmupSteps: 0, loss: nanAbove(0.7) };
    const events = await collect(train(options({ ...broken, steps: 3 })));
    const rates = events.flatMap((event) => (event.type === "restart" ? [event.learningRate] : []));
    expect(rates).toEqual([0.2]);
    expect(stepsOf(events).map(({ step }) => step)).toEqual([1, 1, 2, 3]);
    regression.reset();
    const never = collect(train(options({ ...broken, loss: nanAbove(0.31) })));
    await expect(never).rejects.toMatchObject({ code: "NON_FINITE_LOSS", step: 2 });
  });

  it("does not restart if a number of the first step is not finite", async () => {
    const never = collect(train(options({ ...high, loss: nanAbove(0) })));
    await expect(never).rejects.toMatchObject({ code: "NON_FINITE_LOSS", step: 1 });
  });

  it("only warns, once, if it may not restart", async () => {
    const warnings: { readonly message: string }[] = [];
    const onWarning = (warning: { readonly message: string }) => void warnings.push(warning);
    const events = await collect(train(options({ ...high, watchRate: { restarts: 0 }, onWarning })));
    expect(stepsOf(events)).toHaveLength(40);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The learning rate 40 is probably too high: the loss rose .* Try 10\.$/),
    ]);
  });
});
