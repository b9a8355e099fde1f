// `npm run bench -- <name>`: measures one benchmark (or all), keeps the result, prints it; the last line is its JSON.

import { typed } from "@lowrank/testing/typed";
import type { Benchmark } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { distributed, runDistributed } from "./distributed/run-distributed.ts";
import { type GpuResult, runWebgpu, webgpu } from "./gpu/run-webgpu.ts";
import { processorName } from "./harness/process-facts.ts";
import { describeJob } from "./jobs/describe-job.ts";
import { type Job, jobs } from "./jobs/jobs.ts";
import { runJob } from "./jobs/run-job.ts";
import { merging, runMerging } from "./merging/run-merging.ts";
import type { ComparedTimes, NotMeasured, Result } from "./result.ts";
import { type RunOptions, runBenchmark } from "./run-benchmark.ts";
import { saveResult } from "./saved-results.ts";
import { runServed, served } from "./served/run-served.ts";

const known: readonly (Benchmark | Job | typeof served | typeof merging | typeof distributed | typeof webgpu)[] = [
  ...benchmarks,
  ...jobs,
  served,
  merging,
  distributed,
  webgpu,
];
const usage = [
  "npm run bench -- <name…> [--engine NAME] [--threads 2] [--rounds 10] [--warm-up 2] [--steps N] [--seeds 1,2,3] [--tiny]\n",
  "  all",
  ...known.map(({ name, work }) => `  ${name.padEnd(24)} ${work}`),
].join("\n");
const { values, positionals } = typed(usage, {
  engine: { type: "string" },
  threads: { type: "string", default: "2" },
  rounds: { type: "string" },
  steps: { type: "string" },
  seeds: { type: "string" },
  "warm-up": { type: "string", default: "2" },
  tiny: { type: "boolean", default: false },
});
const chosen = positionals.includes("all") ? known : known.filter(({ name }) => positionals.includes(name));
const unknown = positionals.filter((name) => name !== "all" && !known.some((one) => one.name === name));
if (chosen.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no benchmark "${unknown.join('", "')}".`);
  console.error(usage);
  process.exit(2);
}

const options: RunOptions = {
  tiny: values.tiny,
  threads: Number(values.threads),
  rounds: { warmUp: Number(values["warm-up"]), measured: Number(values.rounds ?? 10) },
  ...(values.engine === undefined ? {} : { engine: values.engine }),
};
let failed = 0;
for (const benchmark of chosen) {
  try {
    console.log(JSON.stringify(await measureAny(benchmark)));
  } catch (error) {
    failed += 1;
    console.error(`${benchmark.name}: ${error instanceof Error ? error.message : error}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;

function measureAny(benchmark: (typeof known)[number]): Promise<Result | NotMeasured | GpuResult> {
  if ("recipe" in benchmark) return measureJob(benchmark);
  if ("comparisons" in benchmark) return measure(benchmark);
  if (benchmark.name === webgpu.name) return measureWebgpu();
  if (benchmark.name === distributed.name) return measureDistributed();
  return benchmark.name === merging.name ? measureMerging() : measureServed();
}

async function measureMerging(): Promise<Result> {
  console.log(`${merging.name}: ${merging.work}`);
  const result = await runMerging({ threads: options.threads, rounds: Number(values.rounds ?? 5) });
  for (const part of result.parts ?? []) describePart(part);
  saveResult(result, "./");
  return result;
}

async function measureDistributed(): Promise<Result> {
  console.log(`${distributed.name}: ${distributed.work}`);
  const result = await runDistributed(options);
  for (const part of result.parts ?? []) describePart(part);
  for (const { values: numbers, milliseconds } of result.exchange)
    console.log(`  ${numbers} numbers summed: ${milliseconds.toPrecision(2)} ms`);
  if (!options.tiny) saveResult(result, "./");
  return result;
}

async function measureWebgpu(): Promise<GpuResult> {
  console.log(`${webgpu.name}: ${webgpu.work}`);
  return runWebgpu(options, (line) => console.log(`  ${line}`));
}

async function measureServed(): Promise<Result> {
  console.log(`${served.name}: ${served.work}`);
  const result = await runServed({
    threads: options.threads,
    rounds: Number(values.rounds ?? 5),
    onPart: describePart,
  });
  saveResult(result, "./");
  return result;
}

async function measure(benchmark: Benchmark): Promise<Result | NotMeasured> {
  console.log(`${benchmark.name}: ${benchmark.work}`);
  if (benchmark.missing !== undefined) {
    console.log(`  not measured: ${benchmark.missing}`);
    const date = new Date().toISOString();
    return { name: benchmark.name, notMeasured: benchmark.missing, processor: processorName(), date, met: false };
  }
  const result = await runBenchmark(benchmark, options);
  describe(result);
  if (!options.tiny) saveResult(result, "./");
  return result;
}

async function measureJob(job: Job): Promise<Result> {
  console.log(`${job.name}: ${job.work}`);
  const { threads } = options;
  const steps = values.steps === undefined ? {} : { steps: Number(values.steps) };
  const seeds = values.seeds?.split(",").map(Number) ?? [...Array(Number(values.rounds ?? 3)).keys()];
  const result = await runJob(job, { threads, seeds, ...steps });
  for (const line of describeJob(result)) console.log(`  ${line}`);
  describe(result);
  saveResult(result, "./");
  return result;
}

function describePart({ label, oursMs, peerMs, ratio, targetRatio }: ComparedTimes): void {
  console.log(`  ${label}: ${oursMs} ms against ${peerMs} ms, ratio ${ratio}${aim(targetRatio)}`);
}

function describe(result: Result): void {
  for (const { precision, milliseconds, steady, skipped } of result.peersTried ?? []) {
    const time = `${milliseconds?.toFixed(2)} ms when warm${steady === false ? ", not steady" : ""}`;
    console.log(`  ${result.peer}, ${precision}: ${skipped === undefined ? time : `skipped, ${skipped}`}`);
  }
  if (result.steady === false) console.log("  not steady: the last three steps of a warm-up differ by more than 5 %");
  for (const part of result.parts ?? [{ label: "time", ...result }]) describePart(part);
  if (result.rssRatio !== undefined) {
    const sizes = `${result.oursRssMb} MB against ${result.peerRssMb} MB`;
    const copy = result.rssRatioWithoutCopy;
    const without = copy === undefined ? "" : `; ${copy} without the peer's frozen copy`;
    console.log(`  peak memory: ${sizes}, ratio ${result.rssRatio}${without}${aim(result.targetRssRatio)}`);
  }
  if (result.tensorRatio !== undefined) {
    const sizes = `${result.oursTensorMb} MB against ${result.peerTensorMb} MB`;
    console.log(`  peak of tensors: ${sizes}, ratio ${result.tensorRatio}${aim(result.targetTensorRatio)}`);
  }
  if (result.productShare !== undefined) {
    const share = `${result.productShare} of ${result.matMulGflops} GFLOPS (aim: at least ${result.targetProductShare})`;
    console.log(`  matrix products: ${result.stepGflop} GFLOP a step, ${share}`);
  }
  if (result.stateRatio !== undefined) {
    console.log(`  gradients and optimizer: ratio ${result.stateRatio.toFixed(5)}${aim(result.targetStateRatio)}`);
  }
}

function aim(target: number | undefined): string {
  return target === undefined ? "" : ` (aim: at most ${target})`;
}
