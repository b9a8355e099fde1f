import { describe, expect, it } from "vitest";
import { describeJob } from "./describe-job.ts";
import { jobs } from "./jobs.ts";
import { makeJobResult, type WayRuns } from "./make-job-result.ts";

const phases = { "libraries and engine": 0, "weights and tokens": 0, validation: 0, steps: 0, saving: 0 };
const where = { threads: 2, processor: "one", date: "today", isReal: true };

function runs(
  trainer: WayRuns["trainer"],
  precision: WayRuns["precision"],
  ...made: readonly [number, number, number][]
) {
  const of = ([seconds, peakMemoryMb, accuracy]: readonly [number, number, number]) => {
    return { seconds, peakMemoryMb, accuracy, phases, loss: 1 };
  };
  return { trainer, precision, runs: made.map(of) };
}

function result(...measured: readonly WayRuns[]) {
  const [job] = jobs;
  if (job === undefined) throw new Error("no jobs");
  return makeJobResult(job, measured, where);
}

const peers = [
  runs("Trainer", "float32", [20, 1000, 0.8], [22, 1000, 0.82]),
  runs("Trainer", "bf16", [10, 1200, 0.8], [12, 1200, 0.82]),
];

describe("makeJobResult", () => {
  it("holds us against the peer's better one, and float32 against float32", () => {
    const { ratio, parts, rssRatio, peerRange, met } = result(
      runs("lowrank train", "float32", [10, 800, 0.8], [11, 800, 0.82]),
      runs("lowrank train", "int8", [5, 600, 0.8], [6, 600, 0.82]),
      ...peers,
    );
    expect({ ratio, second: parts?.[1]?.ratio, rssRatio }).toEqual({ ratio: 0.5, second: 0.5, rssRatio: 0.5 });
    expect(peerRange).toEqual([10_000, 12_000]);
    expect(met).toBe(true);
  });

  it("is not met if quality is worse by more than the standard error of the difference", () => {
    const worse = result(runs("lowrank train", "float32", [5, 600, 0.7], [5, 600, 0.72]), ...peers);
    expect({ isAsGood: worse.qualityGaps?.map(({ isAsGood }) => isAsGood), met: worse.met }).toEqual({
      isAsGood: [false],
      met: false,
    });
    const as = result(runs("lowrank train", "float32", [5, 600, 0.79], [5, 600, 0.81]), ...peers);
    expect(as.qualityGaps).toMatchObject([{ precision: "float32", quality: "accuracy", isAsGood: true }]);
    expect(describeJob(as).at(-1)).toBe(
      "mean accuracy in float32: 0.0100 lower than PEFT's in float32, not worse by more than the standard error of the difference (0.0141)",
    );
  });

  it("notes that it was shortened, and then shows nothing of the targets", () => {
    const [job] = jobs;
    if (job === undefined) throw new Error("no jobs");
    const ours = [runs("lowrank train", "float32", [5, 600, 0.8]), runs("lowrank train", "int8", [2, 600, 0.8])];
    expect(makeJobResult(job, [...ours, ...peers], where).met).toBe(true);
    const short = makeJobResult(job, [...ours, ...peers], { ...where, shortenedFrom: 90 });
    expect(short).toMatchObject({ shortenedFrom: 90, met: false });
    expect(describeJob(short)[0]).toBe("60 of 90 steps on real rows");
  });

  it("has no quality after one seed", () => {
    const alone = [runs("Trainer", "float32", [20, 1000, 0.8]), runs("Trainer", "bf16", [10, 1000, 0.8])];
    expect(result(runs("lowrank train", "float32", [5, 600, 0.7]), ...alone).qualityGaps).toBeUndefined();
  });
});
