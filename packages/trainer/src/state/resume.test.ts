import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RandomKey } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { collect, type Rows, useRegression } from "../../test/regression.ts";
import { BatchStream } from "../batch-stream.ts";
import type { resumeMismatchError } from "../errors.ts";

import { readCheckpoint, writeCheckpoint } from "../node/checkpoint-folder.ts";
import { train } from "../train.ts";
import type { TrainOptions } from "../train-options.ts";
import { parseState, serializeState } from "./state-files.ts";
import type { TrainingState } from "./training-state.ts";

const regression = useRegression();
const { options, values } = regression;

const waves = { schedule: "cosine-with-restarts", scheduleShape: { cycles: 2 } } as const;

/** The loss, but NaN in these steps. */
function nanAt(...steps: readonly number[]) {
  return (rows: Rows, key: RandomKey) => {
    const loss = regression.loss(rows, key);
    return steps.includes(key.step + 1) ? (tf.mul(loss, Number.NaN) as tf.Scalar) : loss;
  };
}

describe("a run that resumes from its state", () => {
  async function resumedAfter(step: number, more: Partial<TrainOptions<Rows>>): Promise<number[][]> {
    const controller = new AbortController();
    let kept: TrainingState | undefined;
    const save = (state: TrainingState) => {
      kept = state;
    };
    const first = options({ ...more, signal: controller.signal, checkpoint: { every: 1000, save } });
    for await (const event of train(first)) if ("step" in event && event.step === step) controller.abort();
    for (const variable of regression.variables.values()) variable.assign(tf.zerosLike(variable));
    const resumeFrom = kept === undefined ? {} : { resumeFrom: await parseState(serializeState(kept)) };
    await collect(train(options({ ...more, ...resumeFrom })));
    return values();
  }

  it.each([
    ["in the middle of an epoch", 3, {}],
    ["at the end of an epoch", 5, {}],
    ["under sgd with momentum", 3, { optimizer: "sgd", momentum: 0.9 }],
    ["under lion", 3, { optimizer: "lion" }],
    ["under adafactor, in several waves", 4, { optimizer: "adafactor", ...waves }],
    [
      "where B learns faster than A",
      4,
      { learningRateGroups: [{ matches: (name: string) => name === "bias", factor: 16 }] },
    ],
    ["between steps that are left out", 4, { loss: nanAt(4, 5), maxSkippedSteps: 2 }],
    ["with micro-batches, cosine and warm-up", 4, { gradientAccumulationSteps: 2, schedule: "cosine", warmupSteps: 3 }],
  ] as const)("%s ends with the very same bits", async (_, step, more) => {
    const start = values();
    await collect(train(options(more)));
    const whole = values();
    regression.variables.get("weight")?.assign(tf.tensor2d(start[0] ?? [], [2, 1]));
    regression.variables.get("bias")?.assign(tf.tensor1d(start[1] ?? []));
    expect(await resumedAfter(step, more)).toEqual(whole);
  });

  it("after any number of steps, through files, ends with the same bits", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lowrank-resume-"));
    const more = { epochs: 4, gradientAccumulationSteps: 3, schedule: "linear", warmupSteps: 2, seed: 11 } as const;
    await collect(train(options(more)));
    const whole = values();
    const kept = new Map<number, string>();
    const save = async (state: TrainingState) => {
      kept.set(state.step, await writeCheckpoint(folder, state, { keepLast: 100 }));
    };
    regression.reset();
    await collect(train(options({ ...more, checkpoint: { every: 1, save } })));
    kept.delete(Math.max(...kept.keys())); // the last one has nothing left to do
    expect(kept.size).toBe(7);
    for (const path of kept.values()) {
      for (const variable of regression.variables.values()) variable.assign(tf.zerosLike(variable));
      await collect(train(options({ ...more, resumeFrom: await readCheckpoint(path) })));
      expect(values()).toEqual(whole);
    }
    await rm(folder, { recursive: true });
  });

  it("keeps its position if it is stopped while its first batch is made", async () => {
    async function* source() {
      yield* [1, 2];
      throw new Error("stopped");
    }
    const stream = new BatchStream(source, { epoch: 3, batches: 2 });
    await expect(stream.window(1)).rejects.toThrow("stopped");
    expect(stream.position).toEqual({ epoch: 3, batches: 2 });
  });

  it("uses the old dropout masks to its end if it began with them, and otherwise never", async () => {
    const states: TrainingState[] = [];
    const requested = new Set<boolean | undefined>();
    const more = (state?: TrainingState): TrainOptions<Rows> => ({
      ...options({ steps: 4, checkpoint: { every: 2, save: (saved) => void states.push(saved) } }),
      loss: (rows, key) => {
        requested.add(key.oldMasks);
        return regression.loss(rows, key);
      },
      ...(state === undefined ? {} : { resumeFrom: state }),
    });
    await collect(train(more()));
    expect([...requested]).toEqual([undefined]);
    const [state] = states;
    if (state === undefined) throw new Error("Nothing was saved.");
    expect(state.version).toBe(2);
    requested.clear();
    await collect(train(more(await parseState(serializeState({ ...state, version: 1 })))));
    expect([...requested]).toEqual([true]);
    expect(states.at(-1)?.version).toBe(1);
  });

  it.each([1, 2, 3, 5, 6])("makes the evaluation that was stopped after step %i", async (step) => {
    // Lower, then higher from step 3 on: two in a row end the run after step 6.
    const losses = new Map([0, 1, 2, 3, 4, 5, 6, 7, 8].map((made) => [made, Math.abs(made - 3)]));
    let made = 0;
    const run = async (signal: AbortSignal | undefined) => {
      signal?.throwIfAborted();
      return { loss: losses.get(made) ?? Number.NaN };
    };
    const more = { steps: 8, evaluate: { every: 1, patience: 3, run } };
    const seen = async (present: TrainOptions<Rows>, stop?: () => void) => {
      const events: unknown[] = [];
      for await (const event of train(present)) {
        if (event.type === "step") made = event.step;
        if (event.type === "step" && event.step === step) stop?.();
        if (event.type === "evaluation") events.push([event.step, event.metrics.loss, event.isBest]);
        if (event.type === "end" && event.reason !== "aborted") events.push([event.reason, event.step, event.best]);
      }
      return events;
    };
    const whole = await seen(options(more));
    expect(whole.at(-1)).toEqual(["stopped-early", 6, { step: 3, value: 0 }]);
    regression.reset();
    const controller = new AbortController();
    let kept: Promise<TrainingState> | undefined;
    const save = (state: TrainingState) => {
      kept = parseState(serializeState(state));
    };
    const first = options({ ...more, signal: controller.signal, checkpoint: { every: 1000, save } });
    const before = await seen(first, () => controller.abort());
    if (kept === undefined) throw new Error("no state was kept");
    const after = await seen(options({ ...more, resumeFrom: await kept }));
    expect([...before, ...after]).toEqual(whole);
  });

  it("continues the count of consecutive skipped steps", async () => {
    const controller = new AbortController();
    let kept: TrainingState | undefined;
    const save = (state: TrainingState) => {
      kept = state;
    };
    const more = { loss: nanAt(3, 4, 5), maxSkippedSteps: 2 };
    const first = options({ ...more, signal: controller.signal, checkpoint: { every: 1000, save } });
    for await (const event of train(first)) if (event.type === "skip") controller.abort();
    if (kept === undefined) throw new Error("no state was kept");
    expect(kept.badSteps).toBe(1);
    const rest = collect(train(options({ ...more, resumeFrom: await parseState(serializeState(kept)) })));
    await expect(rest).rejects.toMatchObject({ step: 5 });
  });

  it("refuses the state of another optimizer", async () => {
    let kept: TrainingState | undefined;
    const save = (state: TrainingState) => {
      kept ??= state;
    };
    await collect(train(options({ steps: 2, checkpoint: { every: 1, save } })));
    if (kept === undefined) throw new Error("no state was kept");
    const resumed = collect(train(options({ optimizer: "lion", resumeFrom: kept })));
    await expect(resumed).rejects.toMatchObject({ differences: ["optimizer: adamw in the state, lion now"] });
  });

  it("refuses the state of another run and names all differences", async () => {
    let kept: TrainingState | undefined;
    const save = (state: TrainingState) => {
      kept ??= state;
    };
    await collect(train(options({ steps: 2, checkpoint: { every: 1, save }, fingerprint: "a" })));
    const other = new Map([["weight", regression.variables.get("weight") as tf.Variable]]);
    const before = values();
    const resumed = train(
      options({ variables: other, seed: 9, fingerprint: "b", ...(kept === undefined ? {} : { resumeFrom: kept }) }),
    );
    const error = await collect(resumed).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "RESUME_MISMATCH" });
    expect((error as ReturnType<typeof resumeMismatchError>).differences.map((text) => text.split(":")[0])).toEqual([
      "bias",
      "seed",
      "fingerprint",
    ]);
    expect(values()).toEqual(before);
  });

  it("warns of a learning rate that was changed on purpose", async () => {
    let kept: TrainingState | undefined;
    const save = (state: TrainingState) => {
      kept ??= state;
    };
    await collect(train(options({ steps: 2, checkpoint: { every: 1, save } })));
    const warnings: string[] = [];
    const onWarning = (warning: { readonly message: string }) => void warnings.push(warning.message);
    if (kept === undefined) throw new Error("no state was kept");
    await collect(train(options({ steps: 3, learningRate: 0.01, resumeFrom: kept, onWarning })));
    expect(warnings).toEqual([expect.stringContaining("steps 2 → 3; learningRate 0.05 → 0.01")]);
  });
});
