// The chapters of the first run, in order: each does one thing and shows it.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { describePlan } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { OpenedAdapter } from "lowrank";
import type { RunSettings } from "./arguments.ts";
import { type BaseModel, loadBaseModel } from "./base-model.ts";
import { fineTune } from "./fine-tune.ts";
import { longestRowOf, type Measurement, measure, type ValidationSet } from "./measure.ts";
import { loadRestaurants, type Restaurants } from "./restaurants.ts";
import type { Screen } from "./show.ts";

/** An engine to compute with, and a model that somebody trained before. */
export async function openModel(
  settings: RunSettings,
  screen: Screen,
): Promise<BaseModel & { readonly engine: string }> {
  screen.heading("1  A pretrained model");
  tf.enableProdMode(); // spares us TensorFlow.js's greeting
  const engine = await chooseEngine(settings.engine === undefined ? {} : { order: [settings.engine] });
  if (engine.note !== undefined) screen.warn(engine.note);
  const base = await loadBaseModel(settings.model);
  const { modelType, config } = base.model.base;
  screen.line(
    `${base.path}: ${modelType}, ${config.layers} layers, ${config.hiddenSize} wide, ${config.vocabularySize} tokens`,
  );
  screen.line(`computing with ${engine.name}`);
  return { ...base, engine: engine.name };
}

/** Facts and sentences: some to train on, others to measure on. */
export interface Lessons {
  readonly restaurants: Restaurants;
  readonly validation: ValidationSet;
}

/** Data that the model has never seen, split into training and validation rows. */
export async function openData(seed: number, screen: Screen): Promise<Lessons> {
  screen.heading("2  Data it has never seen");
  const restaurants = await loadRestaurants(seed);
  const { train, validation: rows, references } = restaurants;
  screen.line(`${train.length} sentences about restaurants for training; ${rows.length} for validation,`);
  screen.line("none of them with facts of the training rows. For example:");
  const [first] = train;
  screen.quote("facts", first?.prompt ?? "");
  screen.quote("people", first?.completion ?? "");
  return { restaurants, validation: { rows, references } };
}

/** Rank, scaling and layers of the adapter. */
const config = { rank: 16, alpha: 32, targetModules: "all-linear" } as const;

/** The plan of the adapter, as data; creates no tensors. */
export function planAdapter({ model }: BaseModel, screen: Screen): void {
  screen.heading("3  The plan: what LoRA adds");
  screen.line(describePlan(model.plan(config)));
}

/** Measures the base model, which cannot do the task. */
export async function measureBase(base: BaseModel, validation: ValidationSet, screen: Screen): Promise<Measurement> {
  screen.heading("4  Before");
  announce(validation, screen);
  const before = await measure(base, validation, null);
  screen.line(`validation loss ${before.loss.toFixed(3)}, BLEU ${before.bleu.toFixed(1)}`);
  return before;
}

/** Measuring takes a tenth of the run, so a line says what happens. */
function announce({ rows, references }: ValidationSet, screen: Screen): void {
  screen.line(`measuring the loss of ${rows.length} sentences, then writing ${references.length} …`);
}

/** Attaches the adapter, which has no effect yet, and trains it. */
export async function trainAdapter(
  base: BaseModel,
  lessons: Lessons,
  { settings, screen }: { readonly settings: RunSettings; readonly screen: Screen },
): Promise<OpenedAdapter> {
  const { steps, seed } = settings;
  screen.heading(`5  Training: ${steps} steps`);
  const adapter = base.model.adapt(config, { seed });
  const progress = screen.progress(steps);
  const maxLength = longestRowOf(base.model);
  await fineTune(adapter, lessons.restaurants.train, { steps, seed, maxLength, onStep: progress.step });
  progress.stop();
  return adapter;
}

/** The same measurements and the same sentences, with the adapter. */
export async function measureAdapter(
  base: BaseModel,
  { validation }: Lessons,
  {
    adapter,
    before,
    screen,
  }: { readonly adapter: OpenedAdapter; readonly before: Measurement; readonly screen: Screen },
): Promise<Measurement> {
  screen.heading("6  After");
  announce(validation, screen);
  const after = await measure(base, validation, adapter);
  const share = ((100 * after.loss) / before.loss).toFixed(0);
  screen.line(`validation loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)} (${share} %)`);
  screen.line(`BLEU            ${before.bleu.toFixed(1)} → ${after.bleu.toFixed(1)}`);
  for (const index of threeOf(validation.references.length)) {
    screen.line();
    screen.quote("facts", validation.references[index]?.prompt ?? "");
    screen.quote("before", before.sentences[index] ?? "");
    screen.quote("after", after.sentences[index] ?? "");
  }
  return after;
}

/** Writes the adapter for Python's PEFT, and the validation rows. */
export async function saveAdapter(
  adapter: OpenedAdapter,
  { restaurants }: Lessons,
  screen: Screen,
): Promise<{ readonly out: string; readonly validationFile: string }> {
  screen.heading("7  Files");
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:-]/g, "").replace("T", "-");
  const out = join("runs", `first-run-${time}`);
  await mkdir("runs", { recursive: true });
  await adapter.save(out);
  const validationFile = join(out, "validation.jsonl");
  await writeFile(validationFile, restaurants.validation.map((row) => `${JSON.stringify(row)}\n`).join(""));
  screen.line(`${out}: adapter_config.json and adapter_model.safetensors, which PEFT loads, and a model card`);
  return { out, validationFile };
}

/** Merges the adapter into the weights and verifies the result. */
export async function checkMerge({ model }: BaseModel, adapter: OpenedAdapter, screen: Screen): Promise<number> {
  screen.heading("8  Merging");
  const { largestDifference } = await model.merge(adapter).verify();
  screen.line("merged into the base, the model needs no adapter and computes the same:");
  screen.line(`its logits differ by ${largestDifference.toExponential(1)} at most`);
  return largestDifference;
}

/** The first, the middle and the last of `count`. */
function threeOf(count: number): readonly number[] {
  return [...new Set([0, Math.floor(count / 2), count - 1])];
}
