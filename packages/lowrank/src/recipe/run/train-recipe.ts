// Runs a recipe from a program.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { chooseEngine } from "@lowrank/engine";
import type { EngineName } from "@lowrank/engine/internal/facts";
import type { TrainingEvent } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { findBase } from "../../node/base-of.ts";
import { type NoticeOptions, noticesOf } from "../../notices.ts";
import type { OpenModelOptions } from "../../options.ts";
import type { KeepingOptions, RunOptions } from "../../train/training-options.ts";
import { completeRecipe } from "../complete-recipe.ts";
import { readRecipe } from "../read-recipe.ts";
import type { Recipe } from "../recipe.ts";
import { checkCombinations } from "./check-combinations.ts";
import { engineSettings } from "./engine-settings.ts";
import { prepareRun } from "./prepare-run.ts";
import { claimFolder, trainInFolder } from "./train-in-folder.ts";

/** Options of one run of a recipe. */
export interface TrainRecipeOptions
  extends NoticeOptions,
    Pick<KeepingOptions, "overwrite" | "resume">,
    Pick<RunOptions, "signal">,
    Pick<OpenModelOptions, "fetch" | "accessToken"> {
  /** The folder for the adapter; replaces the recipe's. */
  readonly out?: string | undefined;
}

const names: OptionNames<TrainRecipeOptions> = {
  out: true,
  overwrite: true,
  resume: true,
  signal: true,
  fetch: true,
  accessToken: true,
  onWarning: true,
  onNote: true,
};

/**
 * Trains from a recipe: a file (.yaml, .json, or a .ts or .mjs module), or its options as an object. The folder then has the
 * same files as after `lowrank train`: the adapter, checkpoints, metrics.jsonl, a model card and the recipe that repeats the run.
 * Yields events as they happen. In Node only.
 *
 * @throws RecipeError, UsageError for options that contradict each other; and what `OpenedAdapter.train` with `out` throws
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { trainRecipe } from "lowrank";
 *
 * const folder = await mkdtemp(join(tmpdir(), "recipe-"));
 * const data = join(folder, "rows.jsonl");
 * await writeFile(data, '{"prompt": "name[Aromi] ->", "completion": " Aromi is a café."}\n');
 * const recipe = { model: "node_modules/@lowrank/tiny-model/model", data, rank: 4, steps: 2 };
 * for await (const event of trainRecipe(recipe, { out: join(folder, "adapter") })) {
 *   if (event.type === "step") console.log(event.loss);
 * }
 * ```
 */
export async function* trainRecipe(
  recipe: string | Recipe,
  options: TrainRecipeOptions = {},
): AsyncGenerator<TrainingEvent, void, undefined> {
  refuseUnknownOptions("trainRecipe", options, names);
  const { out, signal, overwrite, resume, fetch, accessToken } = options;
  const isFile = typeof recipe === "string";
  const requested = completeRecipe(isFile ? await readRecipe(recipe) : recipe, {
    name: isFile ? recipe : "the recipe",
    out,
  });
  checkCombinations(requested);
  const context = { notices: noticesOf(options), fetch, accessToken };
  const model = requested.model ?? (await findBase(requested.adapter ?? "", context));
  const complete = { ...requested, model };
  const host = { context, print: (line: string) => context.notices.note?.(line), startEngine: () => start(complete) };
  const folder = await claimFolder(complete, { overwrite, resume }, context);
  try {
    const run = await prepareRun(complete, { folder }, host);
    try {
      yield* trainInFolder(run, { options: complete, folder, signal });
    } finally {
      run.dispose();
    }
  } finally {
    await folder.release();
  }
}

async function start(requested: { readonly engine?: EngineName; readonly threads?: number }): Promise<string> {
  tf.enableProdMode(); // TensorFlow.js advertises its other packages on the console otherwise
  return (await chooseEngine(engineSettings(requested, process.env))).name;
}
