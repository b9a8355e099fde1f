import type { RandomKey } from "@lowrank/contracts/internal";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { collect, epoch, type Rows, stepsOf, useRegression } from "../test/regression.ts";
import type { trainingOptionsError } from "./errors.ts";
import { NonFiniteLossError } from "./errors.ts";
import { parseState, serializeState } from "./state/state-files.ts";
import type { TrainingState } from "./state/training-state.ts";
import { train } from "./train.ts";
import type { TrainingEvent } from "./training-event.ts";

const regression = useRegression();
const { loss, options, values } = regression;

describe("train", () => {
  it("lowers the loss and ends with an event that reports it", async () => {
    const events = await collect(train(options({ steps: 200, schedule: "constant" })));
    expect(events[0]).toEqual({ type: "start", step: 0, steps: 200, trainableTensors: 2, trainableParameters: 3 });
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "finished", step: 200 });
    expect(regression.variables.get("weight")?.dataSync()[0]).toBeCloseTo(2, 1);
    expect(regression.variables.get("weight")?.dataSync()[1]).toBeCloseTo(-1, 1);
  });

  it("reads the data once for each epoch, with a smaller window at an epoch's end", async () => {
    const steps = stepsOf(await collect(train(options({ epochs: 2, gradientAccumulationSteps: 2 }))));
    expect(steps.map((step) => step.epoch)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(steps.map((step) => step.tokens)).toEqual([4, 6, 2, 4, 6, 2]);
  });

  it("reads asynchronous batches", async () => {
    async function* later(): AsyncGenerator<Rows> {
      yield* epoch;
    }
    const expected = stepsOf(await collect(train(options({ steps: 3 })))).map((step) => step.loss);
    regression.reset();
    const steps = stepsOf(await collect(train(options({ steps: 3, batches: later }))));
    expect(steps.map((step) => step.loss)).toEqual(expected);
  });

  it("ends as aborted, at the position of the last step, if the batches throw the signal's reason", async () => {
    const stop = new AbortController();
    async function* interrupted(): AsyncGenerator<Rows> {
      for (const [index, rows] of epoch.entries()) {
        if (index === 3) stop.abort();
        stop.signal.throwIfAborted();
        yield rows;
      }
    }
    const kept: TrainingState[] = [];
    const checkpoint = { every: 100, save: (state: TrainingState) => void kept.push(state) };
    const run = { signal: stop.signal, batches: interrupted, gradientAccumulationSteps: 2, checkpoint };
    const events = await collect(train(options(run)));
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "aborted", step: 1 });
    expect(kept.map(({ position }) => position)).toEqual([{ epoch: 0, batches: 2 }]);
  });

  it("counts an empty batch in the mean without computing its loss, and makes no update without another", async () => {
    const start = values();
    const [whole] = stepsOf(await collect(train(options({ steps: 1 }))));
    regression.reset();
    const isEmpty = (empty: (rows: Rows) => boolean) => (rows: Rows) => ({
      tokens: 1,
      supervised: 1,
      isEmpty: empty(rows),
    });
    const half = { steps: 1, gradientAccumulationSteps: 2, batchSize: isEmpty((rows) => rows !== epoch[0]) };
    const [step] = stepsOf(await collect(train(options(half))));
    expect(step?.loss).toBeCloseTo((whole?.loss ?? 0) / 2, 6);
    regression.reset();
    const [none] = stepsOf(await collect(train(options({ steps: 1, batchSize: isEmpty(() => true) }))));
    expect(none).toMatchObject({ loss: 0, gradientNorm: 0 });
    expect(values()).toEqual(start);
  });

  it("has the metrics of a step's batches in its event, and their state in checkpoints", async () => {
    const kept: TrainingState[] = [];
    const save = async (state: TrainingState) => void kept.push(await parseState(serializeState(state)));
    const more = {
      stepMetrics: (batches: readonly Rows[]) => ({ batches: batches.length }),
      batchState: () => ({ a: [1] }),
    };
    const run = { steps: 1, gradientAccumulationSteps: 2, checkpoint: { every: 1, save }, ...more };
    const [step] = stepsOf(await collect(train(options(run))));
    expect([step?.metrics, kept[0]?.batchState]).toEqual([{ batches: 2 }, { a: [1] }]);
  });

  it("saves after the steps for which a function is true, and after the last one", async () => {
    const saved: number[] = [];
    const save = ({ step }: TrainingState) => void saved.push(step);
    await collect(train(options({ steps: 7, checkpoint: { every: (step) => step === 2 || step === 3, save } })));
    expect(saved).toEqual([2, 3, 7]);
  });

  it("reports speed and time left from the clock it was given", async () => {
    let now = 0;
    // Four readings of the clock for each step: where it begins, its length, seconds so far, and the ones below.
    const clock = () => {
      now += 500;
      return now;
    };
    const [first] = stepsOf(await collect(train(options({ steps: 4, clock }))));
    expect(first?.tokens).toBe(2);
    expect(first?.tokensPerSecond).toBeCloseTo(2 / 0.5, 10);
    expect(first?.secondsLeft).toBeCloseTo(3 * 0.5, 10);
  });

  it("finishes the current step when it is aborted, and saves the state", async () => {
    const controller = new AbortController();
    const kept: TrainingState[] = [];
    const run = train(
      options({
        signal: controller.signal,
        checkpoint: { every: 100, save: (state) => void kept.push(state) },
      }),
    );
    const events: TrainingEvent[] = [];
    for await (const event of run) {
      events.push(event);
      if (event.type === "step" && event.step === 3) controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "aborted", step: 3 });
    expect(kept.map((state) => state.step)).toEqual([3]);
  });

  it("lets timers run between steps", async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 0);
    await collect(train(options({ steps: 30 })));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  it("closes the source of batches when the consumer stops early", async () => {
    let isClosed = false;
    function* source(): Generator<Rows> {
      try {
        while (true) yield* epoch;
      } finally {
        isClosed = true;
      }
    }
    for await (const event of train(options({ batches: source }))) if (event.type === "step") break;
    expect(isClosed).toBe(true);
  });

  it("sees values that were assigned between two steps", async () => {
    const losses: number[] = [];
    for await (const event of train(options({ steps: 2, schedule: "constant", learningRate: 1e-9, weightDecay: 0 }))) {
      if (event.type !== "step") continue;
      losses.push(event.loss);
      regression.variables.get("bias")?.assign(tf.tensor1d([100]));
    }
    expect(losses[1]).toBeGreaterThan(1000);
    expect(regression.variables.get("bias")?.dataSync()[0]).toBe(100);
  });

  it("leaks no tensor over a run", async () => {
    await expectNoLeak(() =>
      collect(train(options({ gradientAccumulationSteps: 2, checkpoint: { every: 3, save: () => {} } }))),
    );
  });
});

describe("micro-batches", () => {
  const together: Rows = { x: [...epoch.slice(2, 4).flatMap((rows) => rows.x)] };

  it("have equal weights by default: the mean of their losses", async () => {
    const [step] = stepsOf(
      await collect(train(options({ steps: 1, gradientAccumulationSteps: 2, batches: () => epoch.slice(2, 4) }))),
    );
    const key = { seed: 3, step: 0, microStep: 0 };
    regression.variables.get("weight")?.assign(tf.tensor2d([0.1, -0.2], [2, 1]));
    regression.variables.get("bias")?.assign(tf.tensor1d([0.3]));
    const singles = epoch.slice(2, 4).map((rows, microStep) => loss(rows, { ...key, microStep }).dataSync()[0] ?? 0);
    expect(step?.loss).toBeCloseTo(((singles[0] ?? 0) + (singles[1] ?? 0)) / 2, 6);
  });

  it("make the step of one large batch when weighted by tokens", async () => {
    const plainLoss = (rows: Rows) => loss(rows, { seed: 0, step: 0, microStep: 0 });
    const shared = { steps: 1, loss: plainLoss, clipNorm: null } as const;
    const start = values();
    await collect(
      train(
        options({ ...shared, gradientAccumulationSteps: 2, weightByTokens: true, batches: () => epoch.slice(2, 4) }),
      ),
    );
    const apart = values().flat();
    regression.variables.get("weight")?.assign(tf.tensor2d(start[0] ?? [], [2, 1]));
    regression.variables.get("bias")?.assign(tf.tensor1d(start[1] ?? []));
    await collect(train(options({ ...shared, batches: () => [together] })));
    for (const [index, value] of values().flat().entries()) expect(value).toBeCloseTo(apart[index] ?? 0, 6);
  });
});

describe("invalid options", () => {
  it("is named all at once", async () => {
    const wrong = options({ learningRate: -1, gradientAccumulationSteps: 0, betas: [1, 0.9], clipNorm: 0 });
    const error = await collect(train(wrong)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "TRAINING_OPTIONS" });
    expect((error as ReturnType<typeof trainingOptionsError>).problems.map((text) => text.split(":")[0])).toEqual([
      "learningRate",
      "betas",
      "clipNorm",
      "gradientAccumulationSteps",
    ]);
  });

  it("does not change the variables when the loss is NaN, and reports the step", async () => {
    let before: number[][] = [];
    const broken = (rows: Rows, key: RandomKey) => {
      if (key.step < 2) return loss(rows, key);
      before = values();
      return tf.mul(loss(rows, key), Number.NaN) as tf.Scalar;
    };
    const error = await collect(train(options({ loss: broken }))).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect(error).toMatchObject({ step: 3, what: "loss", code: "NON_FINITE_LOSS" });
    expect(values()).toEqual(before);
  });

  it("names the variables whose gradients are infinite", async () => {
    const steep = () => {
      const bias = regression.variables.get("bias") as tf.Variable;
      return tf.sum(tf.mul(tf.sqrt(tf.mul(bias, 0)), 1)) as tf.Scalar; // the slope of √x at 0
    };
    const error = await collect(train(options({ loss: steep }))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ what: "gradient", names: ["bias"] });
  });

  it("is a loss that depends on no variable", async () => {
    const before = tf.memory().numTensors;
    const error = await collect(train(options({ loss: () => tf.scalar(1) }))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "NO_GRADIENT" });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("is data without batches", async () => {
    const error = await collect(train(options({ batches: () => [] }))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "TRAINING_OPTIONS" });
  });

  it("is not a variable without a gradient, which stays unchanged", async () => {
    const weightOnly = (rows: Rows) => {
      const x = tf.tensor2d(rows.x.map((row) => [...row]));
      return tf.mean(tf.square(tf.matMul(x, regression.variables.get("weight") as tf.Tensor2D))) as tf.Scalar;
    };
    const events = stepsOf(await collect(train(options({ loss: weightOnly }))));
    expect(events).toHaveLength(10);
    expect(regression.variables.get("bias")?.dataSync()[0]).toBe(Math.fround(0.3));
  });
});

describe("evaluations", () => {
  it("run at their steps, track the best one and stop a run without improvement", async () => {
    const losses = [5, 3, 4, 3.5, 1];
    const evaluate = { every: 1, patience: 2, run: () => ({ loss: losses.shift() ?? 0 }) };
    const events = await collect(train(options({ evaluate })));
    const evaluations = events.filter((event) => event.type === "evaluation");
    expect(evaluations.map((event) => event.isBest)).toEqual([true, true, false, false]);
    expect(events.at(-1)).toMatchObject({ reason: "stopped-early", step: 4, best: { step: 2, value: 3 } });
  });

  it("can watch a metric that is better when higher, and come before the first step", async () => {
    const scores = [1, 4, 2];
    const run = async () => ({ loss: 0, bleu: scores.shift() ?? 0 });
    const evaluate = { every: 5, atStart: true, watch: "bleu", higherIsBetter: true, run };
    const events = await collect(train(options({ evaluate })));
    const evaluations = events.filter((event) => event.type === "evaluation");
    expect(evaluations.map((event) => [event.step, event.isBest])).toEqual([
      [0, true],
      [5, true],
      [10, false],
    ]);
  });

  it("that are not finite are never the best, and leave a state that can be read", async () => {
    const losses = [Number.NaN, 3, Number.NEGATIVE_INFINITY, 2];
    const states: TrainingState[] = [];
    const evaluate = { every: 1, atStart: true, run: () => ({ loss: losses.shift() ?? 0 }) };
    const checkpoint = { every: 1, save: (state: TrainingState) => void states.push(state) };
    const events = await collect(train(options({ steps: 3, evaluate, checkpoint })));
    const evaluations = events.filter((event) => event.type === "evaluation");
    expect(evaluations.map(({ isBest, best }) => [isBest, best?.value])).toEqual([
      [false, undefined],
      [true, 3],
      [false, 3],
      [true, 2],
    ]);
    for (const state of states) expect((await parseState(serializeState(state))).best).toEqual(state.best);
  });

  it("that are always NaN end a run after its patience, with a state that can be read", async () => {
    const states: TrainingState[] = [];
    const evaluate = { every: 1, patience: 2, run: () => ({ loss: Number.NaN }) };
    const checkpoint = { every: 100, save: (state: TrainingState) => void states.push(state) };
    const events = await collect(train(options({ evaluate, checkpoint })));
    expect(events.at(-1)).toMatchObject({ reason: "stopped-early", step: 2, best: undefined });
    for (const state of states) expect(await parseState(serializeState(state))).toMatchObject({ step: 2 });
  });

  it("save the state if they are the best so far and atBest is set", async () => {
    for (const [atBest, expected] of [
      [true, [2, 3, 6, 7]],
      [false, [3, 6, 7]],
    ] as const) {
      const losses = [4, 3, 5, 5, 2];
      const kept: TrainingState[] = [];
      const evaluate = { every: 2, atStart: true, run: () => ({ loss: losses.shift() ?? 0 }) };
      const checkpoint = { every: 3, atBest, save: (state: TrainingState) => void kept.push(state) };
      await collect(train(options({ steps: 7, evaluate, checkpoint })));
      expect(kept.map(({ step }) => step)).toEqual(expected);
    }
  });

  it("without the watched metric fail, with the names of the others", async () => {
    const evaluate = { every: 1, watch: "bleu", run: () => ({ loss: 1, accuracy: 0.5 }) };
    const error = await collect(train(options({ evaluate }))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "MISSING_METRIC" });
    expect(error).toMatchObject({ metric: "bleu", names: ["loss", "accuracy"], step: 1 });
  });

  it("may stop when the run is aborted, which then ends with its state saved and without an evaluation", async () => {
    const controller = new AbortController();
    const kept: TrainingState[] = [];
    const evaluate = {
      every: 2,
      run: async (signal: AbortSignal | undefined) => {
        controller.abort();
        signal?.throwIfAborted();
        return { loss: 1 };
      },
    };
    const checkpoint = { every: 100, save: (state: TrainingState) => void kept.push(state) };
    const events = await collect(train(options({ signal: controller.signal, evaluate, checkpoint })));
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "aborted", step: 2 });
    expect(kept.map(({ step }) => step)).toEqual([2]);
    expect(events.some(({ type }) => type === "evaluation")).toBe(false);
  });

  it("that fail for another reason fail the run, aborted or not", async () => {
    const controller = new AbortController();
    const failure = new Error("no data");
    const run = () => {
      controller.abort();
      throw failure;
    };
    const failed = collect(train(options({ signal: controller.signal, evaluate: { every: 1, run } })));
    await expect(failed).rejects.toBe(failure);
  });
});
