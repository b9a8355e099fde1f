import { describe, expect, it } from "vitest";
import { jobs } from "./jobs.ts";
import { makeJobResult, type VariantRuns } from "./make-job-result.ts";

const phases = { "libraries and engine": 0, "weights and tokens": 0, validation: 0, steps: 0, saving: 0 };
const where = { threads: 2, processor: "one", date: "today", isReal: true };

function runs(
  side: "ours" | "peer",
  precision: VariantRuns["precision"],
  ...made: readonly [number, number, number][]
) {
  const of = ([seconds, peakMemoryMb, accuracy]: readonly [number, number, number]) => {
    return { seconds, peakMemoryMb, accuracy, phases, loss: 1 };
  };
  return { side, precision, runs: made.map(of) };
}

function result(...measured: readonly VariantRuns[]) {
  const [job] = jobs;
  if (job === undefined) throw new Error("no jobs");
  const sides = { ...job.sides, ours: { by: "lowrank", precisions: ["float32"] } } as const;
  return makeJobResult({ ...job, sides }, measured, where);
}

const peers = [
  runs("peer", "float32", [20, 1000, 0.8], [22, 1000, 0.82]),
  runs("peer", "bf16", [10, 1200, 0.8], [12, 1200, 0.82]),
];

describe("makeJobResult", () => {
  it("holds us against the peer's better one, and float32 against float32", () => {
    const { ratio, parts, rssRatio, peer, met } = result(
      runs("ours", "float32", [5, 600, 0.8], [6, 600, 0.82]),
      ...peers,
    );
    expect({ ratio, second: parts?.[1]?.ratio, rssRatio }).toEqual({ ratio: 0.5, second: 0.262, rssRatio: 0.5 });
    expect(peer).toContain("bf16");
    expect(met).toBe(true);
  });

  it("is not met if quality is worse by more than the standard error of the difference", () => {
    const worse = result(runs("ours", "float32", [5, 600, 0.7], [5, 600, 0.72]), ...peers);
    expect({ qualityMet: worse.qualityMet, met: worse.met }).toEqual({ qualityMet: false, met: false });
    const as = result(runs("ours", "float32", [5, 600, 0.79], [5, 600, 0.81]), ...peers);
    expect(as.qualityMet).toBe(true);
  });

  it("says nothing of quality after one seed", () => {
    const alone = [runs("peer", "float32", [20, 1000, 0.8]), runs("peer", "bf16", [10, 1000, 0.8])];
    expect(result(runs("ours", "float32", [5, 600, 0.7]), ...alone).qualityMet).toBeUndefined();
  });
});
