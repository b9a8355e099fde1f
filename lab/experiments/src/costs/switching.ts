// A hundred tasks on one base: the size of each adapter, and the time to switch from one to the next.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdapterFolder, writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { median } from "../../../benchmarks/src/rounding.ts";
import { rankSweep, standard } from "../methods/lora.ts";
import { sst2 } from "../tasks/sst2.ts";
import { processorAndDate, saveResult } from "../training/saved-runs.ts";

export interface Switching {
  readonly adapters: number;
  readonly about: string;
  /** Bytes of one adapter's weights file, and of the base's tensors. */
  readonly adapterFileBytes: number;
  readonly baseBytes: number;
  /** Bytes of all adapters' tensors. */
  readonly adaptersBytes: number;
  readonly milliseconds: {
    /** From file to attached, one adapter. */
    readonly attach: number;
    /** A text of 32 tokens, with the adapter of the text before. */
    readonly same: number;
    /** Milliseconds with another adapter in each call. */
    readonly other: number;
    /** From file to a model. */
    readonly loadModel: number;
  };
  readonly engine: string;
  readonly processor: string;
  readonly date: string;
}

const count = 100;

export async function switching(): Promise<void> {
  const { name: engine } = await chooseEngine();
  const task = await sst2({ rows: 1 });
  const began = performance.now();
  const model = await task.load(0);
  const loadModel = performance.now() - began;
  const baseBytes = tf.memory().numBytes;
  const folder = mkdtempSync(join(tmpdir(), "lowrank-switching-"));
  try {
    const adapterFileBytes = await writeOne(model, folder);
    const attachTimes: number[] = [];
    const handles: AdapterHandle[] = [];
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      handles.push(attachAdapter(model, await readAdapterFolder(folder), { name: `task-${index}` }));
      attachTimes.push(performance.now() - start);
    }
    const adaptersBytes = tf.memory().numBytes - baseBytes;
    const [same, other] = await timedCalls(model);
    saveResult("switching", {
      adapters: count,
      about: "MiniLM-L6, LoRA of r = 8 on query and value, with its classifier",
      adapterFileBytes,
      baseBytes,
      adaptersBytes,
      milliseconds: { attach: hundredths(median(attachTimes)), same, other, loadModel: Number(loadModel.toFixed(0)) },
      engine,
      ...processorAndDate(),
    } satisfies Switching);
    for (const handle of handles) handle.dispose();
  } finally {
    rmSync(folder, { recursive: true });
    model.dispose();
  }
}

async function writeOne(model: PretrainedModel, folder: string): Promise<number> {
  const method = rankSweep.find(({ name }) => name === standard);
  const handle = method?.adapt(model, 0).handle;
  if (handle === undefined) throw new Error("No LoRA of rank 8.");
  await writeAdapterFolder(folder, await handle.toAdapter());
  handle.dispose();
  return statSync(join(folder, "adapter_model.safetensors")).size;
}

/** Calls in pairs, so that both kinds meet the same machine: one more with the last adapter, then one with the next. */
async function timedCalls(model: PretrainedModel): Promise<readonly [same: number, other: number]> {
  const [same, other]: [number[], number[]] = [[], []];
  await answer(model, "task-0");
  for (let index = 1; index < count; index++) {
    same.push(await answer(model, `task-${index - 1}`));
    other.push(await answer(model, `task-${index}`));
  }
  return [hundredths(median(same)), hundredths(median(other))];
}

function hundredths(milliseconds: number): number {
  return Number(milliseconds.toFixed(2));
}

async function answer(model: PretrainedModel, name: string): Promise<number> {
  const began = performance.now();
  const logits = tf.tidy(() => {
    const ids = Array.from({ length: 32 }, (_, position) => 1000 + position);
    return model.forward({ inputIds: tf.tensor2d(ids, [1, 32], "int32") }, inferenceContext(activeAdapters(name)));
  });
  await logits.data();
  logits.dispose();
  return performance.now() - began;
}
