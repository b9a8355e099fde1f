// One run, by the public library alone: open, adapt, train, measure.

import { NonFiniteLossError } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { type OpenedAdapter, openModel } from "lowrank";
import { placeAndTime } from "../training/kept-runs.ts";
import type { Settings } from "./settings.ts";
import type { DefaultsTask, Figures } from "./tasks.ts";

/** A run as it is kept. */
export interface DefaultsRun {
  readonly settings: Settings;
  readonly seed: number;
  /** Of the test rows, which training never saw. */
  readonly figures: Figures;
  /** Steps made, and the one whose adapter was measured. */
  readonly steps: number;
  readonly bestStep: number;
  readonly seconds: number;
  readonly processor: string;
  readonly date: string;
}

const patience = 2;

export async function makeRun(task: DefaultsTask, settings: Settings, seed: number): Promise<DefaultsRun> {
  const began = performance.now();
  const { train, test } = await task.rows(seed);
  const { targetModules, ...loop } = settings;
  const model = await openModel(await task.base(), { seed, ...task.open });
  try {
    const queryAndValue = task.queryAndValue ?? null;
    const layers = targetModules === "peft" ? queryAndValue : targetModules;
    const adapter = model.adapt({ rank: 8, alpha: 16, targetModules: layers }, { seed });
    const trained = await trainToBest(adapter, train, { ...loop, ...task.reading, seed });
    const measured = await model.evaluate(test, task.reading);
    const figures = { ...measured, ...(await task.measure?.(model)) };
    const seconds = (performance.now() - began) / 1000;
    return { settings, seed, figures, ...trained, seconds, ...placeAndTime() };
  } finally {
    model.dispose();
  }
}

/** Trains, and leaves the adapter as it was at its best validation; a run that diverges ends there. */
async function trainToBest(
  adapter: OpenedAdapter,
  rows: readonly object[],
  options: Omit<Settings, "targetModules"> & DefaultsTask["reading"] & { readonly seed: number },
): Promise<Pick<DefaultsRun, "steps" | "bestStep">> {
  let steps = 0;
  let best: { readonly step: number; readonly values: ReadonlyMap<string, Float32Array> } | undefined;
  const held = options.validationShare > 0 ? { patience, evalAtStart: false } : { validationShare: undefined };
  try {
    for await (const event of adapter.train(rows, { ...options, ...held })) {
      if (event.type === "step") steps = event.step;
      if (event.type === "evaluation" && event.isBest) best = { step: event.step, values: await valuesOf(adapter) };
    }
  } catch (error) {
    if (!(error instanceof NonFiniteLossError)) throw error;
  }
  if (best === undefined) return { steps, bestStep: steps };
  restore(adapter, best.values);
  return { steps, bestStep: best.step };
}

async function valuesOf({ handle }: OpenedAdapter): Promise<ReadonlyMap<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, variable] of handle.variables) values.set(name, (await variable.data<"float32">()).slice());
  return values;
}

function restore({ handle }: OpenedAdapter, values: ReadonlyMap<string, Float32Array>): void {
  for (const [name, variable] of handle.variables) {
    const value = tf.tensor(values.get(name) ?? [], variable.shape, variable.dtype);
    variable.assign(value);
    value.dispose();
  }
}
