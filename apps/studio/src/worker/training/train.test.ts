// Runs of the tiny model, as the worker makes them: what is told, what is kept, what is left.

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { RunRequest, TrainingProgress } from "../../protocol/run.ts";
import { memoryStore, QuotaError, type Store } from "../../storage/store.ts";
import { WorkerState } from "../worker-state.ts";
import { timeStep } from "./time-step.ts";
import { train } from "./train.ts";
import { continueRun, forget, pause, rated, stop, unfinished } from "./unfinished.ts";

const places = ["Aromi", "Strada", "Zizzi", "Cotto", "Alimentum", "Giraffe", "Clowns", "Wildwood"];
const request: RunRequest = {
  rows: places.map((name) => ({ id: name, says: `name[${name}]`, answers: `${name} is a pub.` })),
  adapter: { rank: 2, alpha: 4, targets: ["q_proj", "v_proj"], dropout: 0.1, useDora: false, start: "gaussian" },
  training: { steps: 6, batchSize: 2, learningRate: 5e-3, schedule: "cosine", seed: 1, validationShare: 0.25 },
  watched: "name[Bibimbap]",
  name: "Pubs",
};

let shared: WorkerState;
let store: Store;
let state: WorkerState;
beforeAll(async () => {
  shared = await tinyWorkerState();
});
beforeEach(() => {
  store = memoryStore();
  state = reloaded();
});

/** By a clock that stands still every step is kept, however busy the machine. */
const still = () => 0;

/** The same store and model, in a worker that was started anew. */
function reloaded(now = still): WorkerState {
  const fresh = new WorkerState(store, now);
  fresh.engine = shared.engine;
  fresh.model = shared.model;
  return fresh;
}

async function run(changes: Partial<RunRequest> = {}, onProgress: (progress: TrainingProgress) => void = () => {}) {
  const progress: TrainingProgress[] = [];
  const result = await train(state, { ...request, ...changes }, (each) => {
    progress.push(each);
    onProgress(each);
  });
  return { progress, result };
}

const stepsIn = (progress: readonly TrainingProgress[]) =>
  progress.flatMap((each) => (each.type === "step" ? [each.step] : []));
const weightsOf = (id: string | undefined) => store.read(`adapters/${id}/adapter_model.safetensors`);

/** Ends the run as a crash would: right after it was told of this step. */
async function crashAfter(step: number): Promise<void> {
  const crash = (progress: TrainingProgress) => {
    if (progress.type === "kept" && progress.step >= step) throw new Error("crash");
  };
  await expect(run({}, crash)).rejects.toThrow("crash");
  state = reloaded();
}

describe("train", () => {
  it("reports the base's loss and answer, each step, validations and answers again, and puts the adapter on the shelf", async () => {
    const { progress, result } = await run();
    expect(result).toMatchObject({ reason: "finished", steps: 6 });
    expect(stepsIn(progress)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(progress.flatMap((each) => (each.type === "validated" ? [each.step] : []))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const frames = progress.flatMap((each) => (each.type === "frame" && each.isWhole ? [each.frame] : []));
    expect(frames.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(frames[0]?.text).not.toBe("");
    expect(await weightsOf(result.adapter)).toBeDefined();
    expect(await store.list("runs")).toEqual([]);
    expect(shared.loaded.opened.adapters).toEqual([]);
  });

  it("learns from its first step on, and writes no base answer that is recorded", async () => {
    const { progress } = await run({ watchedBase: "It is recorded." });
    const first = progress.find((each) => each.type === "step");
    expect(first?.type === "step" && first.learningRate).toBeGreaterThan(0);
    const base = progress.filter((each) => each.type === "frame" && each.frame.step === 0);
    expect(base).toEqual([
      { type: "frame", frame: { step: 0, text: "It is recorded.", isRecorded: true }, isWhole: true },
    ]);
  });

  it("watches for a third of the time at most, and after the last step", async () => {
    let time = 0;
    state = reloaded(() => time);
    const { progress } = await run({ watchedBase: "It is recorded." }, (each) => {
      if (each.type === "step") time += 10;
      if (each.type === "frame" && !each.isWhole) time += 100; // a piece of an answer
    });
    const frames = progress.flatMap((each) => (each.type === "frame" && each.isWhole ? [each.frame.step] : []));
    expect(frames).toEqual([0, 1, 6]);
  });

  it("learns from rewards of the page, which gets prompts, completions and answers, and reports their mean", async () => {
    const training = { ...request.training, steps: 2, reward: "({ completion }) => completion.length" };
    const { progress } = await run({ training }, (each) => {
      if (each.type !== "rate") return;
      expect([each.reward, each.texts.length]).toEqual([training.reward, 16]);
      expect(each.texts[0]).toMatchObject({
        prompt: expect.stringMatching(/^name/),
        answer: expect.stringMatching(/pub/),
      });
      void rated(state, { values: each.texts.map((_, index) => index % 8) }, () => {});
    });
    expect(progress.flatMap((each) => (each.type === "step" ? [each.reward] : []))).toEqual([3.5, 3.5]);
    expect(progress.some(({ type }) => type === "validated")).toBe(false);
  });

  it("fails with the problem of a reward, and keeps nothing of it on the shelf", async () => {
    const training = { ...request.training, reward: "no function" };
    const refuse = ({ type }: TrainingProgress) =>
      void (type === "rate" && rated(state, { problem: "not code" }, () => {}));
    await expect(run({ training }, refuse)).rejects.toThrow("not code");
    expect(await store.list("adapters")).toEqual([]);
  });

  it("resumes after a crash with the same bits as without one", async () => {
    const whole = await run();
    await crashAfter(3);
    const left = await unfinished(state, undefined, () => {});
    expect(left).toMatchObject({ name: "Pubs", model: "@lowrank/tiny-model", steps: 6 });
    expect(left?.step).toBeGreaterThanOrEqual(3);
    expect(stepsIn(left?.progress ?? []).at(-1)).toBe(left?.step);
    const { progress, result } = await run({ resume: left?.run });
    expect(stepsIn(progress)[0]).toBe((left?.step ?? 0) + 1);
    expect(await weightsOf(result.adapter)).toEqual(await weightsOf(whole.result.adapter));
    expect(await unfinished(state, undefined, () => {})).toBeUndefined();
  });

  it("stopped in between keeps what it has learned, and stopped before its first step leaves everything as it was", async () => {
    const halfway = await run(
      {},
      (progress) => progress.type === "step" && progress.step === 2 && stop(state, undefined, () => {}),
    );
    expect(halfway.result).toMatchObject({ reason: "stopped", steps: 2 });
    expect(await weightsOf(halfway.result.adapter)).toBeDefined();
    const shelf = await store.list("adapters");
    const never = await run({}, (progress) => progress.type === "started" && stop(state, undefined, () => {}));
    expect(never.result).toMatchObject({ reason: "stopped", steps: 0, adapter: undefined });
    expect(await store.list("adapters")).toEqual(shelf);
    expect(await store.list("runs")).toEqual([]);
  });

  it("waits while it is paused, and stops from there", async () => {
    const types: string[] = [];
    let isOver = false;
    const running = run({}, (progress) => {
      types.push(progress.type);
      if (progress.type === "step" && progress.step === 2) pause(state, undefined, () => {});
    }).then((made) => {
      isOver = true;
      return made;
    });
    await expect.poll(() => types.at(-1), { timeout: 20_000 }).toBe("paused");
    const before = types.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([types.length, isOver]).toEqual([before, false]);
    continueRun(state, undefined, () => {});
    await expect.poll(() => types.filter((type) => type === "step").length, { timeout: 20_000 }).toBeGreaterThan(2);
    pause(state, undefined, () => {});
    stop(state, undefined, () => {});
    expect((await running).result.reason).toBe("stopped");
  });

  it("ends by itself where the loss is lost, and goes back to its best kept step at a lower rate", async () => {
    const training = { ...request.training, steps: 30, learningRate: 5, schedule: "constant" as const };
    const adapter = { ...request.adapter, targets: "all-linear" as const };
    const { result } = await run({ training, adapter, watched: undefined });
    expect(result.reason).toBe("diverged");
    expect(result.adapter).toBeUndefined();
    const { lastGood = 0 } = result;
    expect(lastGood).toBeGreaterThan(0);
    expect(lastGood).toBeLessThan(result.steps);
    const again = await run({ resume: result.run, from: { step: lastGood, learningRate: 1e-3 } });
    expect(again.result).toMatchObject({ reason: "finished", steps: 30 });
    expect(stepsIn(again.progress)[0]).toBe(lastGood + 1);
    const rates = again.progress.flatMap((progress) => (progress.type === "step" ? [progress.learningRate] : []));
    expect(Math.max(...rates)).toBe(1e-3);
  });

  it("keeps a step only once that takes a twentieth of the time since the one before", async () => {
    let time = 0;
    state = reloaded(() => time++); // keeping takes a moment, and so does the step between two looks at the clock
    const { progress } = await run({ training: { ...request.training, steps: 30 }, watched: undefined });
    expect(progress.flatMap((each) => (each.type === "kept" ? [each.step] : []))).toEqual([1, 21]);
  });

  it("continues if the browser has no space to save it, and reports it once", async () => {
    const write = store.write;
    store.write = (path, bytes) =>
      path.startsWith("runs/") ? Promise.reject(new QuotaError(path, bytes.length)) : write(path, bytes);
    const { progress, result } = await run({ watched: undefined });
    expect(progress.filter(({ type }) => type === "not-kept")).toHaveLength(1);
    expect(result.reason).toBe("finished");
  });

  it("leaves out rows with a problem, and refuses to teach none", async () => {
    const broken = { id: "x", says: "", answers: "nobody asked" };
    const { result } = await run({ rows: [...request.rows, broken], watched: undefined });
    expect(result.reason).toBe("finished");
    await expect(run({ rows: [broken] })).rejects.toThrow("None of the 1 rows can be taught");
    expect(await store.list("runs")).toEqual([]);
  });

  it("forgets a run that the visitor discards", async () => {
    await crashAfter(1);
    const left = await unfinished(state, undefined, () => {});
    await forget(state, { run: left?.run ?? "" }, () => {});
    expect(await unfinished(state, undefined, () => {})).toBeUndefined();
    await expect(run({ resume: left?.run })).rejects.toThrow(/is no longer stored/);
  });
});

describe("timeStep", () => {
  it("measures the time of a step and leaves nothing of it", async () => {
    const { seconds, tokens } = await timeStep(state, request, () => {});
    expect(seconds).toBeGreaterThan(0);
    expect(tokens).toBeGreaterThan(10);
    expect(shared.loaded.opened.adapters).toEqual([]);
  });
});
