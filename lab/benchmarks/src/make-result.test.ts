import { describe, expect, it } from "vitest";
import type { Benchmark } from "./benchmark.ts";
import { makeResult, type Observed } from "./make-result.ts";
import { median } from "./rounding.ts";

const settings = { shape: "gpt2", batch: 1, time: 128 } as const;
const benchmark: Benchmark = {
  name: "example",
  work: "an example",
  sides: {
    ours: { by: "lowrank", program: "ours", settings },
    peer: { by: "PEFT", program: "peer.py", settings },
  },
  comparisons: [
    {
      label: "step",
      ours: { contender: "ours", step: "step" },
      peer: { contender: "peer", step: "step" },
      timeTarget: 0.5,
    },
  ],
  memoryTarget: 0.7,
};

function observed(peakMemoryMb: number, facts = {}): Observed {
  return { peakMemoryMb, idleLoad: 0, facts, versions: { node: "20" } };
}

function result(row: Benchmark, { ours = [10, 12, 11], memory = 60, facts = {}, peerFacts = {} } = {}) {
  return makeResult(row, {
    timesOf: ({ contender }) => (contender === "ours" ? ours : [30, 20, 22]),
    observed: new Map([
      ["ours", observed(memory, facts)],
      ["peer", observed(100, peerFacts)],
    ]),
    steady: true,
    threads: 2,
    processor: "one",
    date: "today",
  });
}

describe("makeResult", () => {
  it("divides medians, ours by the peer's", () => {
    const { oursMs, peerMs, ratio, oursRange, rssRatio, met } = result(benchmark);
    expect({ oursMs, peerMs, ratio, oursRange }).toEqual({ oursMs: 11, peerMs: 22, ratio: 0.5, oursRange: [10, 12] });
    expect(rssRatio).toBe(0.6);
    expect(met).toBe(true);
  });

  it("does not call a row met if one of its targets is missed", () => {
    expect(result(benchmark, { ours: [13, 13] }).met).toBe(false);
    expect(result(benchmark, { memory: 71 }).met).toBe(false);
  });

  it("leaves out the frozen copy that a peer keeps of what it trains", () => {
    const copy = { trainedParameters: 5 * 2 ** 20 }; // 20 MB
    const { rssRatio, rssRatioWithoutCopy, met } = result({ ...benchmark, peerKeepsCopy: true }, { peerFacts: copy });
    expect({ rssRatio, rssRatioWithoutCopy, met }).toEqual({ rssRatio: 0.6, rssRatioWithoutCopy: 0.75, met: false });
  });

  it("holds the speed of products against the best of the same process", () => {
    const facts = { stepGflop: 2, matMulGflops: 200 };
    const { productShare, met } = result({ ...benchmark, productTarget: 0.95 }, { facts });
    expect(productShare).toBe(0.909); // 2 GFLOP in 11 ms are 181.8 a second
    expect(met).toBe(false);
    expect(result({ ...benchmark, productTarget: 0.9 }, { facts }).met).toBe(true);
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
