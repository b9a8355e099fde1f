// The harness with models of a few thousand weights: whether both sides work and answer, not how fast.

import { describe, expect, it } from "vitest";
import { benchmarks } from "./benchmarks.ts";
import { hasPython } from "./harness/peer-folders.ts";
import { runBenchmark } from "./run-benchmark.ts";

const options = { tiny: true, threads: 2, rounds: { warmUp: 1, measured: 2 }, engine: "wasm" } as const;

function tinyRun(name: string) {
  const benchmark = benchmarks.find((one) => one.name === name);
  if (benchmark === undefined) throw new Error(`no benchmark "${name}"`);
  return runBenchmark(benchmark, options);
}

describe("a benchmark of two processes", () => {
  it("times both, compares their memory, counts what trains, and is quiet between steps", async () => {
    const result = await tinyRun("lora-vs-full");
    expect(result.oursMs).toBeGreaterThan(0);
    expect(result.ratio).toBeCloseTo(result.oursMs / result.peerMs, 1);
    expect(result.rssRatio).toBeCloseTo(result.oursRssMb / (result.peerRssMb ?? 0), 2);
    // Two layers of 16 features, A [16, 8] and B [8, 48] each; a gradient and two moments in float32.
    expect(result.oursStateBytes).toBe(2 * (16 * 8 + 8 * 48) * 12);
    expect(result.stateRatio).toBeCloseTo((result.oursStateBytes ?? 0) / (result.peerStateBytes ?? 0), 6);
    expect(result.rounds).toBe(2);
    expect(result.versions.ours?.engine).toBe("wasm");
    // Neither disturbs the other while it waits.
    expect(result.oursIdleLoad).toBeLessThan(0.2);
    expect(result.peerIdleLoad).toBeLessThan(0.2);
  }, 60_000);

  it("refuses to measure another engine than was asked for", async () => {
    const [benchmark] = benchmarks;
    if (benchmark === undefined) throw new Error("no benchmarks");
    // Whether chooseEngine refuses the name or goes on to another engine: nothing is measured.
    await expect(runBenchmark(benchmark, { ...options, engine: "webgpu" })).rejects.toThrow("gpt2-step, ours");
  }, 60_000);
});

describe("a benchmark of one process", () => {
  it("compares several steps in turns", async () => {
    const result = await tinyRun("merged-latency");
    expect(result.parts?.map(({ label }) => label)).toEqual(["merged : base", "adapted : merged"]);
    expect(result.parts?.[1]?.peerMs).toBe(result.oursMs);
    expect([result.peerRssMb, result.rssRatio]).toEqual([result.oursRssMb, 1]);
  }, 60_000);
});

const peft = hasPython() ? describe : describe.skip;
if (!hasPython()) console.log("skipped: benchmarks against PEFT, no Python environment (npm run bench makes it)");

peft("a benchmark against Python", () => {
  for (const name of ["gpt2-step-b4", "roberta-step", "generate", "adapter-io"]) {
    it(`works for ${name}`, async () => {
      const result = await tinyRun(name);
      expect(result.peerMs).toBeGreaterThan(0);
      expect(result.versions.peer?.peft).toMatch(/^\d/);
      for (const part of result.parts ?? []) expect(part.ratio).toBeGreaterThan(0);
      if (name === "gpt2-step-b4") expect(result.productShare).toBeGreaterThan(0);
    }, 120_000);
  }
});
