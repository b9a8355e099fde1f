// The harness with models of a few thousand weights: whether both sides work and answer, not how fast.

import { join } from "node:path";
import { hasMpi } from "@lowrank/testing/mpi";
import { describe, expect, it, vi } from "vitest";
import { benchmarks } from "./benchmarks.ts";
import { runDistributed } from "./distributed/run-distributed.ts";
import { hasPython, hasTrainers } from "./harness/peer-folders.ts";
import { jobs, type Way } from "./jobs/jobs.ts";
import { runJob } from "./jobs/run-job.ts";
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

  it("refuses to measure another engine than the requested one", async () => {
    const [benchmark] = benchmarks;
    if (benchmark === undefined) throw new Error("no benchmarks");
    // Whether chooseEngine refuses the name or goes on to another engine: nothing is measured.
    await expect(runBenchmark(benchmark, { ...options, engine: "webgpu" })).rejects.toThrow("gpt2-step, ours");
  }, 60_000);
});

describe("a benchmark of one process", () => {
  it("compares several steps alternately", async () => {
    const result = await tinyRun("merged-latency");
    expect(result.parts?.map(({ label }) => label)).toEqual(["merged : base", "adapted : merged"]);
    expect(result.parts?.[1]?.peerMs).toBe(result.oursMs);
    expect([result.peerRssMb, result.rssRatio]).toEqual([result.oursRssMb, 1]);
  }, 60_000);
});

it.skipIf(!hasMpi())(
  "two processes are timed with and without their exchange, and one by itself",
  async () => {
    const result = await runDistributed(options);
    expect(result.ratio).toBeCloseTo(result.oursMs / result.peerMs, 1);
    expect(result.exchange.at(-1)?.values).toBe(result.trained);
    for (const { milliseconds } of result.exchange) expect(milliseconds).toBeGreaterThan(0);
    expect(result.versions.ours).toMatchObject({ engine: "wasm", MPI: expect.stringContaining("Open MPI") });
  },
  60_000,
);

const peft = hasPython() ? describe : describe.skip;
if (!hasPython()) console.log("skipped: benchmarks against PEFT, no Python environment (npm run bench makes it)");

peft("a benchmark against Python", () => {
  for (const name of ["gpt2-step-b4", "generate", "adapter-io"]) {
    it(`works for ${name}`, async () => {
      const result = await tinyRun(name);
      expect(result.peerMs).toBeGreaterThan(0);
      expect(result.versions.peer?.peft).toMatch(/^\d/);
      for (const part of result.parts ?? []) expect(part.ratio).toBeGreaterThan(0);
      if (name === "gpt2-step-b4") expect(result.productShare).toBeGreaterThan(0);
    }, 120_000);
  }

  it("tries each setting of a peer that has several, and counts the fastest", async () => {
    vi.stubEnv("CXX", "no-compiler"); // torch.compile takes a minute
    const { peersTried = [], peerPrecision, steady } = await tinyRun("gpt2-step-b4-int8");
    const precisions = ["bf16", "f32", "base in bf16", "base in bf16 + torch.compile"];
    expect(peersTried.map(({ precision }) => precision)).toEqual(precisions);
    const measured = peersTried.filter(({ skipped }) => skipped === undefined);
    expect(measured.length).toBe(3);
    const fastest = Math.min(...measured.map(({ milliseconds }) => milliseconds ?? 0));
    expect(measured.find(({ milliseconds }) => milliseconds === fastest)?.precision).toBe(peerPrecision);
    expect(steady).toBeTypeOf("boolean");
  }, 300_000);
});

const trainers = hasTrainers() ? describe : describe.skip;
if (!hasTrainers()) console.log("skipped: whole jobs, no trainers in Python (npm run bench -- job-e2e adds them)");

trainers("a whole job", () => {
  it("is done by each trainer, which reports times and quality", async () => {
    const job = jobs.find(({ name }) => name === "job-e2e");
    if (job === undefined) throw new Error("no job-e2e");
    const recipe = { ...job.recipe, batch: 2, validationRows: 4 };
    const model = join(import.meta.dirname, "../../../packages/tiny-model/model");
    const peers = ["Trainer", "SFTTrainer"].map((trainer) => ({ trainer, precision: "float32" }) as const);
    const sides = { ...job.sides, peer: { ...job.sides.peer, ways: peers as [Way, Way] } };
    const { ways, parts } = await runJob({ ...job, recipe, sides }, { threads: 2, seeds: [0], steps: 2, model });
    expect(ways.map(({ trainer, precision }) => `${trainer} in ${precision}`)).toEqual([
      "lowrank train in float32",
      "lowrank train in int8",
      "Trainer in float32",
      "SFTTrainer in float32",
    ]);
    for (const { seconds, phases, rssMb, loss } of ways) {
      expect(Object.values(phases).reduce((sum, phase) => sum + phase, 0)).toBeCloseTo(seconds, 0);
      expect(phases.validation).toBeGreaterThan(0);
      expect(rssMb).toBeGreaterThan(50);
      // The same model, rows and recipe: after two steps there is hardly a difference yet.
      expect(Math.abs(loss.mean - (ways[0]?.loss.mean ?? 0))).toBeLessThan(0.2);
    }
    expect(parts).toHaveLength(2);
  }, 300_000);
});
