// The chapters of the first run, in order: each does one thing and shows it.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { TokenizedExample } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, describePlan, type InjectionPlan, injectAdapter, planInjection } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { RunSettings } from "./arguments.ts";
import { type BaseModel, loadBaseModel } from "./base-model.ts";
import { fineTune } from "./fine-tune.ts";
import { type Measurement, measure, tokenizeRestaurants, type ValidationSet } from "./measure.ts";
import { loadRestaurants, type Restaurants } from "./restaurants.ts";
import type { Screen } from "./show.ts";
import { mergeAndVerify } from "./verify.ts";

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
  const { modelType, config } = base.model;
  screen.line(
    `${base.path}: ${modelType}, ${config.layers} layers, ${config.hiddenSize} wide, ${config.vocabularySize} tokens`,
  );
  screen.line(`computing with ${engine.name}`);
  return { ...base, engine: engine.name };
}

/** Facts and sentences as tokens: some to train on, others to measure on. */
export interface Lessons {
  readonly restaurants: Restaurants;
  readonly train: readonly TokenizedExample[];
  readonly validation: ValidationSet;
}

/** Data that the model has never seen, split so that nothing measured on was trained on. */
export async function openData(base: BaseModel, seed: number, screen: Screen): Promise<Lessons> {
  screen.heading("2  Data it has never seen");
  const restaurants = await loadRestaurants(seed);
  const train = tokenizeRestaurants(base, restaurants.train);
  const examples = tokenizeRestaurants(base, restaurants.validation);
  screen.line(`${train.length} sentences about restaurants to train on; ${examples.length} to measure on,`);
  screen.line("none of them about facts that are trained on. For example:");
  const [first] = restaurants.train;
  screen.quote("facts", first?.prompt ?? "");
  screen.quote("people", first?.completion ?? "");
  return { restaurants, train, validation: { examples, references: restaurants.references } };
}

/** Which layers get a pair of small matrices, as plain data; no tensor is made yet. */
export function planAdapter({ model, path }: BaseModel, screen: Screen): InjectionPlan {
  screen.heading("3  The plan: what LoRA adds");
  const config = createLoraConfig({
    rank: 16,
    alpha: 32,
    targetModules: "all-linear",
    taskType: "CAUSAL_LM",
    baseModel: path,
    fanInFanOut: model.sites().some((site) => site.fanInFanOut), // GPT-2 stores its weights the other way round
  });
  const plan = planInjection(model, config);
  screen.line(describePlan(plan));
  return plan;
}

/** How good the base is at the task: not at all. */
export async function measureBase(base: BaseModel, validation: ValidationSet, screen: Screen): Promise<Measurement> {
  screen.heading("4  Before");
  announce(validation, screen);
  const before = await measure(base, validation, inferenceContext());
  screen.line(`validation loss ${before.loss.toFixed(3)}, BLEU ${before.bleu.toFixed(1)}`);
  return before;
}

/** Measuring takes a tenth of the run, which is long to look at a heading. */
function announce({ examples, references }: ValidationSet, screen: Screen): void {
  screen.line(`measuring the loss of ${examples.length} sentences, then writing ${references.length} …`);
}

/** Attaches the adapter, which changes nothing yet, and trains it. */
export async function trainAdapter(
  base: BaseModel,
  lessons: Lessons,
  { plan, settings, screen }: { readonly plan: InjectionPlan; readonly settings: RunSettings; readonly screen: Screen },
): Promise<AdapterHandle> {
  const { steps, seed } = settings;
  screen.heading(`5  Training: ${steps} steps`);
  const adapter = injectAdapter(base.model, plan, { seed, baseFingerprint: base.model.fingerprint });
  const progress = screen.progress(steps);
  await fineTune(base, adapter, lessons.train, { steps, seed, onStep: progress.step });
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
  }: { readonly adapter: AdapterHandle; readonly before: Measurement; readonly screen: Screen },
): Promise<Measurement> {
  screen.heading("6  After");
  announce(validation, screen);
  const after = await measure(base, validation, inferenceContext(activeAdapters(adapter.name)));
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

/** Writes what Python's PEFT reads, and the validation rows beside it. */
export async function saveAdapter(
  adapter: AdapterHandle,
  { restaurants }: Lessons,
  screen: Screen,
): Promise<{ readonly out: string; readonly validationFile: string }> {
  screen.heading("7  Files");
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:-]/g, "").replace("T", "-");
  const out = join("runs", `first-run-${time}`);
  await mkdir("runs", { recursive: true });
  await writeAdapterFolder(out, await adapter.toAdapter());
  const validationFile = join(out, "validation.jsonl");
  await writeFile(validationFile, restaurants.validation.map((row) => `${JSON.stringify(row)}\n`).join(""));
  screen.line(`${out}: adapter_config.json and adapter_model.safetensors, which PEFT loads, and a model card`);
  return { out, validationFile };
}

/** Folds the adapter into the weights and checks that nothing else changed. */
export async function checkMerge(
  base: BaseModel,
  adapter: AdapterHandle,
  { lessons, screen }: { readonly lessons: Lessons; readonly screen: Screen },
): Promise<number> {
  screen.heading("8  Merging");
  const largestDifference = await mergeAndVerify(base, adapter, lessons.validation.examples.slice(0, 8));
  screen.line("merged into the base, the model needs no adapter and computes the same:");
  screen.line(`its logits differ by ${largestDifference.toExponential(1)} at most`);
  return largestDifference;
}

/** The first, the middle and the last of `count`. */
function threeOf(count: number): readonly number[] {
  return [...new Set([0, Math.floor(count / 2), count - 1])];
}
