// npm start: a real fine-tune, from a pretrained model to a verified merge. Read it from top to bottom.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { createLoraConfig } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext, LowrankError } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { describePlan, injectAdapter, planInjection } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { type RunSettings, readArguments } from "./arguments.ts";
import { loadBaseModel } from "./base-model.ts";
import { fineTune } from "./fine-tune.ts";
import { measure, tokenizeRestaurants } from "./measure.ts";
import { nextSteps } from "./next-steps.ts";
import { loadRestaurants } from "./restaurants.ts";
import { createScreen, formatSeconds, type Screen } from "./show.ts";
import { mergeAndVerify } from "./verify.ts";

async function firstRun(settings: RunSettings, screen: Screen) {
  const begin = performance.now();
  const { seed, steps } = settings;

  screen.heading("1  A pretrained model");
  tf.enableProdMode(); // spares us TensorFlow.js's greeting
  const engine = await chooseEngine(settings.engine === undefined ? {} : { order: [settings.engine] });
  const base = await loadBaseModel(settings.model);
  const { model } = base;
  const { layers, hiddenSize, vocabularySize } = model.config;
  screen.line(`${base.path}: ${model.modelType}, ${layers} layers, ${hiddenSize} wide, ${vocabularySize} tokens`);
  screen.line(`computing with ${engine.name}`);

  screen.heading("2  Data it has never seen");
  const restaurants = await loadRestaurants(seed);
  const train = tokenizeRestaurants(base, restaurants.train);
  const validation = {
    examples: tokenizeRestaurants(base, restaurants.validation),
    references: restaurants.references,
  };
  screen.line(`${train.length} sentences about restaurants to train on; ${validation.examples.length} to measure on,`);
  screen.line("none of them about facts that are trained on. For example:");
  const [example] = restaurants.train;
  screen.quote("facts", example?.prompt ?? "");
  screen.quote("people", example?.completion ?? "");

  screen.heading("3  The plan: what LoRA adds");
  const config = createLoraConfig({
    rank: 16,
    alpha: 32,
    targetModules: "all-linear",
    taskType: "CAUSAL_LM",
    baseModel: base.path,
    fanInFanOut: model.sites().some((site) => site.fanInFanOut),
  });
  const plan = planInjection(model, config);
  screen.line(describePlan(plan));

  screen.heading("4  Before");
  const before = await measure(base, validation, inferenceContext());
  screen.line(`validation loss ${before.loss.toFixed(3)}, BLEU ${before.bleu.toFixed(1)}`);

  screen.heading(`5  Training: ${steps} steps`);
  const adapter = injectAdapter(model, plan, { seed, baseFingerprint: model.fingerprint });
  const progress = screen.progress(steps);
  await fineTune(base, adapter, train, { steps, seed, onStep: progress.step });
  progress.stop();

  screen.heading("6  After");
  const after = await measure(base, validation, inferenceContext(activeAdapters(adapter.name)));
  const ratio = after.loss / before.loss;
  screen.line(`validation loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)} (${(100 * ratio).toFixed(0)} %)`);
  screen.line(`BLEU            ${before.bleu.toFixed(1)} → ${after.bleu.toFixed(1)}`);
  for (const index of threeOf(validation.references.length)) {
    screen.line();
    screen.quote("facts", validation.references[index]?.prompt ?? "");
    screen.quote("before", before.sentences[index] ?? "");
    screen.quote("after", after.sentences[index] ?? "");
  }

  screen.heading("7  Files");
  const out = join("runs", `first-run-${timestamp()}`);
  await mkdir("runs", { recursive: true });
  await writeAdapterFolder(out, await adapter.toAdapter());
  const validationFile = join(out, "validation.jsonl");
  await writeFile(validationFile, restaurants.validation.map((row) => `${JSON.stringify(row)}\n`).join(""));
  screen.line(`${out}: adapter_config.json, adapter_model.safetensors (PEFT loads them), README.md`);

  screen.heading("8  Merging");
  const largestDifference = await mergeAndVerify(base, adapter, validation.examples.slice(0, 8));
  screen.line(
    `merged into the base, the model computes the same: logits differ by ${largestDifference.toExponential(1)} at most`,
  );

  adapter.dispose();
  model.dispose();
  const seconds = (performance.now() - begin) / 1000;
  screen.heading(`Done in ${formatSeconds(seconds)}. Next`);
  const prompt = shortest(validation.references.map((reference) => reference.prompt));
  for (const [purpose, command] of nextSteps({ model: base.path, out, validationFile, prompt })) {
    screen.line(`${purpose}:\n  ${command}`);
  }
  return { engine: engine.name, steps, seed, seconds, out, before, after, ratio, largestDifference };
}

/** "20261125-021713" */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[:-]/g, "").replace("T", "-");
}

function shortest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length < best.length ? text : best), texts[0] ?? "");
}

/** The first, the middle and the last of `count`. */
function threeOf(count: number): readonly number[] {
  return [...new Set([0, Math.floor(count / 2), count - 1])];
}

const settings = readArguments(process.argv.slice(2));
if ("print" in settings) {
  (settings.code === 0 ? process.stdout : process.stderr).write(settings.print);
  process.exitCode = settings.code;
} else {
  try {
    const result = await firstRun(settings, createScreen(settings.json ? process.stderr : process.stdout));
    if (settings.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    const isForeseen = LowrankError.isInstance(error) && !process.env.LOWRANK_DEBUG;
    process.stderr.write(`error: ${isForeseen ? error.message : inspect(error)}\n`);
    process.exitCode = 1;
  }
}
