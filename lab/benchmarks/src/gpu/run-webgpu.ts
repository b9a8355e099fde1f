// A training step on WebGPU, in Node on npm "webgpu" (Dawn): what it asks of the GPU, its time next to wasm, the speed of single
// operations, and predictions for other GPUs. Of SmolLM2's shape few layers and tokens run: their differences are the cost of more, so
// that it ends in minutes on a software adapter.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Contender } from "../harness/contender.ts";
import { programOf } from "../harness/program-of.ts";
import { warmUp } from "../harness/warm-up.ts";
import type { RunOptions } from "../run-benchmark.ts";
import { folderOf } from "../saved-results.ts";
import type { Settings } from "../settings.ts";
import { differenceOf, extrapolate, predict, type StepCost } from "./cost-model.ts";

export const webgpu = {
  name: "webgpu",
  work: "a step of the tiny model and of SmolLM2's shape on WebGPU: calls, bytes, speed, predictions for other GPUs",
} as const;

const results = join(import.meta.dirname, "../../results/webgpu");
/** The layers of SmolLM2's shape, and the tokens of a step. */
const [allLayers, allTokens] = [30, 512];
const [few, more] = [16, 32];

export interface GpuResult {
  readonly name: string;
  readonly gpu: string;
  readonly date: string;
  /** Numbers of a step by the names of `GpuCounts`, "gflop", and milliseconds; GFLOPS of operations; predicted milliseconds. */
  readonly tables: Readonly<Record<string, StepCost>>;
}

/** Measures, and keeps the result of a real GPU under its name. Throws if WebGPU does not run here. */
export async function runWebgpu(options: RunOptions, onLine: (line: string) => void): Promise<GpuResult> {
  const tables: Record<string, StepCost> = {};
  const add = (title: string, table: StepCost) => {
    tables[title] = table;
    onLine(`${title}:`);
    for (const [name, value] of Object.entries(table))
      onLine(`  ${name.padEnd(34)} ${Number(value.toPrecision(4)).toLocaleString("en")}`);
  };
  const smollm2 = (layers: number, time: number) => ({ shape: "smollm2", batch: 1, time, layers }) as const;
  const tinyModel = { shape: "tiny-model", batch: 1, time: 58 } as const;
  const tiny = await measure(tinyModel, options);
  const { gpu } = tiny;
  onLine(gpu);
  add("tiny model, 58 tokens", { ...tiny.counts, ...tiny.time, ...(await timeOnWasm(tinyModel, options)) });
  const { counts: one } = await measure(smollm2(1, more), options);
  const { counts: two, time } = await measure(smollm2(2, more), options);
  const wasm = await timeOnWasm(smollm2(2, more), options);
  add(`SmolLM2's shape, 2 layers, ${more} tokens`, { ...two, ...time, ...wasm });
  add("a further layer", differenceOf(one, two));
  const short = [await measure(smollm2(1, few), options), await measure(smollm2(2, few), options)] as const;
  const [shorter, longer] = [
    extrapolate(short[0].counts, short[1].counts, allLayers - 1),
    extrapolate(one, two, allLayers - 1),
  ];
  const whole = extrapolate(shorter, longer, (allTokens - few) / (more - few)); // without attention's square of the tokens
  add(`extrapolated to ${allLayers} layers, ${allTokens} tokens`, whole);
  add("predicted milliseconds of that, not measured", predict(whole));
  const isSoftware = /llvmpipe|swiftshader|software/i.test(gpu);
  const settings = { shape: "smollm2", batch: 4, time: isSoftware ? few : allTokens / 4 } as const;
  if (!isSoftware)
    add(`measured with ${allLayers} layers, ${allTokens} tokens`, (await measure(settings, options)).time);
  const kernels = await inChild({ program: "ours/gpu-kernels", settings }, options, (child) => child.facts());
  add(`GFLOPS of operations on ${4 * settings.time} tokens`, kernels as StepCost);
  const result = { name: webgpu.name, gpu, date: new Date().toISOString(), tables };
  if (!options.tiny && !isSoftware) keep(result);
  return result;
}

const program = "ours/training-step";
const timeOf = async (child: Contender) =>
  (await warmUp(() => child.run("step"), { warmUp: 3, maxWarmUp: 3 })).milliseconds;

/** The time of a step, and the counts of one in which nothing is compiled. */
function measure(settings: ChildSettings, options: RunOptions) {
  return inChild({ program, settings }, options, async (child) => {
    const time = { milliseconds: await timeOf(child) };
    const { trainedParameters: _, stateBytes: __, ...counts } = await child.facts();
    return { gpu: child.versions.gpu ?? "", time, counts: counts as StepCost };
  });
}

async function timeOnWasm(settings: ChildSettings, options: RunOptions): Promise<StepCost> {
  return { wasmMilliseconds: await inChild({ program, settings }, { ...options, engine: "wasm" }, timeOf) };
}

type ChildSettings = Omit<Settings, "tiny" | "threads">;

async function inChild<Answer>(
  { program, settings }: { readonly program: string; readonly settings: ChildSettings },
  { engine = "webgpu", ...options }: RunOptions,
  ask: (child: Contender) => Promise<Answer>,
): Promise<Answer> {
  const how = await programOf({ by: "lowrank", program, settings }, { ...options, engine });
  const child = await Contender.start(`${program} on ${engine}`, how);
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
