// A training step on WebGPU, in Node on npm "webgpu" (Dawn): what it asks of the GPU, its time next to wasm, the speed of single
// operations, and predictions for other GPUs. Two layers of SmolLM2's shape show the cost of one, so that it ends on a software adapter.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Contender } from "../harness/contender.ts";
import { programOf } from "../harness/program-of.ts";
import type { Facts } from "../harness/serve.ts";
import { warmUp } from "../harness/warm-up.ts";
import { folderOf } from "../kept-results.ts";
import type { RunOptions } from "../run-benchmark.ts";
import type { Settings } from "../settings.ts";
import { ofLayer, type Prediction, predict, withLayers } from "./cost-model.ts";

export const webgpu = {
  name: "webgpu",
  work: "a step of the tiny model and of SmolLM2's shape on WebGPU: calls, bytes, speed, predictions for other GPUs",
} as const;

const results = join(import.meta.dirname, "../../results/webgpu");
const layersOfSmolLM2 = 30;
const tinyModel = { shape: "tiny-model", batch: 1, time: 58 } as const;
const smollm2 = { shape: "smollm2", batch: 1, time: 128 } as const;

/** A step: its operations in "gflop", the names of `GpuCounts`, and milliseconds on both engines where it was run. */
type GpuStep = { readonly work: string } & Readonly<Record<string, number | string>>;

export interface GpuResult {
  readonly name: string;
  readonly gpu: string;
  readonly date: string;
  readonly steps: readonly GpuStep[];
  /** GFLOPS of single operations. */
  readonly kernels: Facts;
  /** For a step of all layers of SmolLM2's shape. */
  readonly predictions: readonly Prediction[];
}

/** Measures, and keeps the result under the GPU's name. Throws if WebGPU does not run here. */
export async function runWebgpu(options: RunOptions, onLines: (lines: readonly string[]) => void): Promise<GpuResult> {
  const steps: GpuStep[] = [];
  const add = (step: GpuStep) => {
    steps.push(step);
    onLines(describeStep(step));
  };
  const tiny = await measureStep(tinyModel, options);
  onLines([`GPU: ${tiny.gpu}`]);
  add({ work: "tiny model, 58 tokens", ...tiny.counts, ...tiny.times });
  const two = await measureStep({ ...smollm2, layers: 2 }, options);
  add({ work: "SmolLM2's shape, 2 layers, 128 tokens", ...two.counts, ...two.times });
  const one = await measureStep({ ...smollm2, layers: 1 }, options);
  add({ work: "one layer of it", ...ofLayer(one.counts, two.counts) });
  const whole = withLayers(one.counts, two.counts, layersOfSmolLM2);
  add({ work: `all ${layersOfSmolLM2} layers, extrapolated`, ...whole });
  const { gflop = 0, bytesBound: bytes = 0, dispatches = 0 } = whole;
  const predictions = predict({ gflop, bytes, dispatches });
  onLines(describePredictions(predictions));
  const kernels = await inChild({ program: "ours/gpu-kernels", settings: smollm2 }, options, (child) => child.facts());
  onLines(["GFLOPS of single operations:", ...Object.entries(kernels).map(line)]);
  const result = { name: webgpu.name, gpu: tiny.gpu, date: new Date().toISOString(), steps, kernels, predictions };
  if (!options.tiny) keep(result);
  return result;
}

async function measureStep(settings: ChildSettings, options: RunOptions) {
  const program = "ours/gpu-step";
  const time = async (child: Contender) =>
    (await warmUp(() => child.run("step"), { warmUp: 3, maxWarmUp: 3 })).milliseconds;
  const {
    gpu = "",
    counts,
    milliseconds,
  } = await inChild({ program, settings }, options, async (child) => ({
    ...{ gpu: child.versions.gpu, milliseconds: await time(child) },
    counts: (await child.facts()) as Readonly<Record<string, number>>,
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
  return [`predicted, not measured, for a step of all ${layersOfSmolLM2} layers:`, ...rows];
}

function line([name, value]: readonly [name: string, value: number | string]): string {
  const figure = typeof value === "number" ? Number(value.toPrecision(4)) : value;
  return `  ${name.padEnd(34)} ${figure.toLocaleString("en")}`;
}
