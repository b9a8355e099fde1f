// One run, by the public library alone: open, adapt, train, measure.

import { NonFiniteLossError } from "@lowrank/trainer";
import { type OpenedAdapter, openModel } from "lowrank";
import { processorAndDate } from "../training/saved-runs.ts";
import type { Settings } from "./settings.ts";
import type { DefaultsTask, Figures } from "./tasks.ts";

/** A run as it is kept. */
export interface DefaultsRun {
  readonly settings: Settings;
  readonly seed: number;
  /** Metrics of the test rows, which are never trained on. */
  readonly figures: Figures;
  /** Steps made, and the step of the adapter that was measured. */
  readonly steps: number;
  readonly bestStep: number;
  readonly seconds: number;
  readonly processor: string;
  readonly date: string;
}

/** The settings of a user who names only model and rows. */
export async function defaultSettings(task: DefaultsTask, seed: number): Promise<Settings> {
  const { train } = await task.rows(seed);
  const model = await openModel(await task.base(), { seed, ...task.open });
  try {
    const run = await model.adapt().prepare(train, { ...task.reading, seed });
    const { learningRate, batchSize } = run.defaults;
    const epochs = run.totalSteps / run.stepsPerEpoch;
    return { targetModules: "all-linear", learningRate, epochs, batchSize, validationShare: run.heldOut };
  } finally {
    model.dispose();
  }
}

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
    return { settings, seed, figures, ...trained, seconds, ...processorAndDate() };
  } finally {
    model.dispose();
  }
}

/** Trains; the adapter is then that of its best validation. A run that diverges ends there. */
async function trainToBest(
  adapter: OpenedAdapter,
  rows: readonly object[],
  options: Omit<Settings, "targetModules"> & DefaultsTask["reading"] & { readonly seed: number },
): Promise<Pick<DefaultsRun, "steps" | "bestStep">> {
  let [steps, bestStep] = [0, 0];
  try {
    for await (const event of adapter.train(rows, options)) {
      if (event.type === "step") steps = event.step;
      if (event.type === "end") bestStep = event.variablesStep;
    }
  } catch (error) {
    if (!(error instanceof NonFiniteLossError)) throw error;
  }
  return { steps, bestStep };
}
