import { describe, expect, it, vi } from "vitest";
import { type Answers, answering } from "../../test/answering.ts";
import type { RunRequest, RunResult, TrainingProgress, UnfinishedRun } from "../protocol/run.ts";
import { RunState } from "./run.ts";
import { defaultAdapter, defaultTraining } from "./settings.ts";

const request: RunRequest = {
  rows: [{ id: "1", says: "Hi", answers: "Hello" }],
  adapter: defaultAdapter,
  training: { ...defaultTraining, steps: 4, learningRate: 0.01 },
  watched: "Hey",
  name: "Polite",
};
const step = (number: number, loss = 1): TrainingProgress => {
  return { type: "step", step: number, steps: 4, loss, learningRate: 1, tokensPerSecond: 1, secondsLeft: 1 };
};
const finished: RunResult = { run: "r", reason: "finished", steps: 4, adapter: "a" };
const left: UnfinishedRun = {
  run: "r",
  name: "Before",
  model: "m",
  source: "tiny",
  step: 2,
  steps: 4,
  progress: [step(1, 4), step(2, 3), { type: "frame", frame: { step: 2, text: "Hel" }, isWhole: true }],
};

function open(answers: Answers) {
  const onTaught = vi.fn();
  return { run: new RunState({ ask: answering(answers), request: () => request, onTaught }), onTaught };
}

describe("a run as the page sees it", () => {
  it("draws the worker's progress, and returns the adapter", async () => {
    const { run, onTaught } = open({
      train: async (_, onProgress) => {
        for (const progress of [step(1, 4), step(2, 3)]) onProgress(progress);
        onProgress({ type: "frame", frame: { step: 2, text: "Hel" }, isWhole: false });
        onProgress({ type: "frame", frame: { step: 2, text: "Hello" }, isWhole: true });
        return finished;
      },
    });
    await run.train();
    expect(run.curve.value.training).toEqual([
      [1, 4],
      [2, 3],
    ]);
    expect(run.frames.value).toEqual([{ step: 2, text: "Hello" }]);
    expect(run.writing.value).toBeUndefined();
    expect(onTaught).toHaveBeenCalledWith("a", "Polite");
    expect(run.phase.value).toBe("idle");
  });

  it("is paused once the worker reports it, and trains again with the next step", async () => {
    let onProgress: (progress: TrainingProgress) => void = () => {};
    const { run } = open({
      train: (_, progress) => {
        onProgress = progress;
        return new Promise(() => {});
      },
      pause: async () => undefined,
    });
    void run.train();
    expect(run.phase.value).toBe("preparing");
    onProgress(step(1));
    await vi.waitFor(() => expect(run.phase.value).toBe("training"));
    await run.pause();
    expect(run.phase.value).toBe("pausing");
    onProgress({ type: "paused" });
    await vi.waitFor(() => expect(run.phase.value).toBe("paused"));
    onProgress(step(2));
    await vi.waitFor(() => expect(run.phase.value).toBe("training"));
  });

  it("keeps an earlier run's curve in the background of the new one", async () => {
    const { run } = open({
      train: async (_, onProgress) => {
        onProgress(step(1, 4));
        return finished;
      },
    });
    await run.train();
    await run.train();
    expect(run.earlier.value.map(({ training }) => training)).toEqual([[[1, 4]]]);
    expect(run.curve.value.training).toEqual([[1, 4]]);
  });

  it("goes back from a divergence to the step that is kept, at half the rate, with the curve up to there", async () => {
    const requests: RunRequest[] = [];
    const { run, onTaught } = open({
      train: async (received, onProgress) => {
        requests.push(received);
        if (requests.length > 1) return finished;
        for (const at of [1, 2, 3]) onProgress(step(at, at));
        return { run: "r", reason: "diverged", steps: 3, adapter: undefined, lastGood: 2 };
      },
    });
    await run.train();
    expect(run.diverged.value).toMatchObject({ at: 3, lastGood: 2 });
    expect(onTaught).not.toHaveBeenCalled();
    await run.goBack();
    expect(requests[1]).toMatchObject({ resume: "r", from: { step: 2, learningRate: 0.005 } });
    expect(run.curve.value.training).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(run.diverged.value).toBeUndefined();
  });

  it("resumes an interrupted run, and draws its curve and answers again", async () => {
    const requests: RunRequest[] = [];
    const { run } = open({
      unfinished: async () => left,
      train: async (received, onProgress) => {
        requests.push(received);
        onProgress(step(3, 2));
        return finished;
      },
    });
    await run.restore();
    expect(run.unfinished.value).toEqual(left);
    await run.resume();
    expect(requests[0]).toMatchObject({ resume: "r", name: "Before" });
    expect(run.curve.value.training.map(([at]) => at)).toEqual([1, 2, 3]);
    expect(run.frames.value).toHaveLength(1);
  });

  it("explains why a run failed, and offers the saved part of it", async () => {
    const { run } = open({
      train: async () => {
        throw new Error("the device was lost");
      },
      unfinished: async () => left,
    });
    await run.train();
    expect(run.failure.value).toBe("the device was lost");
    expect(run.unfinished.value).toBe(left);
    expect(run.phase.value).toBe("idle");
  });
});
