// A training step on WebGPU, in Node on npm "webgpu" (Dawn): what it asks of the GPU, its time next to wasm, the speed of single
// operations, and predictions for other GPUs. Of SmolLM2's shape few layers and tokens run: their differences are the cost of more, so
// that it ends in a few minutes on a software adapter.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Contender } from "../harness/contender.ts";
import { programOf } from "../harness/program-of.ts";
import type { Facts } from "../harness/serve.ts";
import { warmUp } from "../harness/warm-up.ts";
import { folderOf } from "../kept-results.ts";
import type { RunOptions } from "../run-benchmark.ts";
import type { Settings } from "../settings.ts";
import { ofLayer, type Prediction, predict, withLayers, withTokens } from "./cost-model.ts";

export const webgpu = {
  name: "webgpu",
  work: "a step of the tiny model and of SmolLM2's shape on WebGPU: calls, bytes, speed, predictions for other GPUs",
} as const;

const results = join(import.meta.dirname, "../../results/webgpu");
const layersOfSmolLM2 = 30;
const tokensOfSmolLM2 = 512;
const tinyModel = { shape: "tiny-model", batch: 1, time: 58 } as const;
/** Few enough tokens for a software adapter. */
const [few, more] = [16, 32];

/** A step: its operations in "gflop", the names of `GpuCounts`, and milliseconds where it was timed. */
type GpuStep = { readonly work: string } & Readonly<Record<string, number | string>>;
type Counts = Readonly<Record<string, number>>;

export interface GpuResult {
  readonly name: string;
  readonly gpu: string;
  readonly date: string;
  readonly steps: readonly GpuStep[];
  /** GFLOPS of single operations. */
  readonly kernels: Facts;
  /** For a step of SmolLM2's shape. */
  readonly predictions: readonly Prediction[];
}

/** Measures, and keeps the result under the GPU's name. Throws if WebGPU does not run here. */
export async function runWebgpu(options: RunOptions, onLines: (lines: readonly string[]) => void): Promise<GpuResult> {
  const steps: GpuStep[] = [];
  const add = (step: GpuStep) => {
    steps.push(step);
    onLines(describeStep(step));
  };
  const smollm2 = (layers: number, time: number) => ({ shape: "smollm2", batch: 1, time, layers }) as const;
  const tiny = await timeStep(tinyModel, options);
  onLines([`GPU: ${tiny.gpu}`]);
  add({ work: "tiny model, 58 tokens", ...tiny.counts, ...tiny.times });
  const two = await timeStep(smollm2(2, more), options);
  add({ work: `SmolLM2's shape, 2 layers, ${more} tokens`, ...two.counts, ...two.times });
  const one = await countStep(smollm2(1, more), options);
  add({ work: "one layer of it", ...ofLayer(one, two.counts) });
  const whole = withTokens(
    withLayers(await countStep(smollm2(1, few), options), await countStep(smollm2(2, few), options), layersOfSmolLM2),
    withLayers(one, two.counts, layersOfSmolLM2),
    (tokensOfSmolLM2 - few) / (more - few),
  );
  add({ work: `all ${layersOfSmolLM2} layers, ${tokensOfSmolLM2} tokens, extrapolated`, ...whole });
  const { gflop = 0, bytesBound: bytes = 0, dispatches = 0 } = whole;
  const predictions = predict({ gflop, bytes, dispatches });
  onLines(describePredictions(predictions));
  const isSoftware = /llvmpipe|swiftshader|software/i.test(tiny.gpu);
  const settings = { shape: "smollm2", batch: 4, time: isSoftware ? few : tokensOfSmolLM2 / 4 } as const;
  if (!isSoftware) add({ work: "all layers, 512 tokens", ...(await timeStep(settings, options)).times });
  const kernels = await inChild({ program: "ours/gpu-kernels", settings }, options, (child) => child.facts());
  onLines([`GFLOPS of single operations, ${4 * settings.time} tokens:`, ...Object.entries(kernels).map(line)]);
  const result = { name: webgpu.name, gpu: tiny.gpu, date: new Date().toISOString(), steps, kernels, predictions };
  if (!options.tiny) keep(result);
  return result;
}

const program = "ours/gpu-step";

/** The third step of a process, in which nothing is compiled and no buffer is new. */
function countStep(settings: ChildSettings, options: RunOptions): Promise<Counts> {
  return inChild({ program, settings }, options, async (child) => {
    for (let made = 0; made < 2; made += 1) await child.run("step");
    return (await child.facts()) as Counts;
  });
}

async function timeStep(settings: ChildSettings, options: RunOptions) {
  const time = async (child: Contender) =>
    (await warmUp(() => child.run("step"), { warmUp: 3, maxWarmUp: 5 })).milliseconds;
  const {
    gpu = "",
    counts,
    milliseconds,
  } = await inChild({ program, settings }, options, async (child) => ({
    ...{ gpu: child.versions.gpu, milliseconds: await time(child) },
    counts: (await child.facts()) as Counts,
  }));
  const wasm = await inChild({ program, settings }, { ...options, engine: "wasm" }, time);
  return { gpu, counts, times: { milliseconds, wasmMilliseconds: wasm } };
}

type ChildSettings = Omit<Settings, "tiny" | "threads">;

async function inChild<Answer>(
  { program, settings }: { readonly program: string; readonly settings: ChildSettings },
  { engine = "webgpu", ...options }: RunOptions,
  ask: (child: Contender) => Promise<Answer>,
): Promise<Answer> {
  const child = await Contender.start(
    `${program} on ${engine}`,
    await programOf({ by: "lowrank", program, settings }, { ...options, engine }),
  );
  try {
    if (child.versions.engine !== engine) throw new Error(`${engine} does not run here, but ${child.versions.engine}.`);
    return await ask(child);
  } finally {
    child.end();
  }
}

function keep(result: GpuResult): void {
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${folderOf(result.gpu)}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

function describeStep({ work, ...counts }: GpuStep): readonly string[] {
  return [`${work}:`, ...Object.entries(counts).map(line)];
}

function describePredictions(predictions: readonly Prediction[]): readonly string[] {
  const rows = predictions.map(({ gpu, predictedMs }) => line([`${gpu}, ms`, predictedMs]));
  return [
    `predicted, not measured, for a step of all ${layersOfSmolLM2} layers and ${tokensOfSmolLM2} tokens:`,
    ...rows,
  ];
}

function line([name, value]: readonly [name: string, value: number | string]): string {
  const figure = typeof value === "number" ? Number(value.toPrecision(4)) : value;
  return `  ${name.padEnd(34)} ${figure.toLocaleString("en")}`;
}
