// The base model: the tiny one of this repository, or the user's folder.

import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { LowrankError } from "@lowrank/contracts";
import { checkConfig, familyOf } from "@lowrank/contracts/families";
import { openTokenizer } from "@lowrank/data";
import { readJsonObject } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { type OpenedModel, openModel } from "lowrank";

/** A language model with its tokenizer. */
export interface BaseModel {
  /** Relative to the current folder. */
  readonly path: string;
  readonly model: OpenedModel;
}

/** The folder has a model that cannot generate text. */
export class NotALanguageModelError extends LowrankError {
  constructor(
    readonly path: string,
    readonly modelType: string,
  ) {
    super(
      "NOT_A_LANGUAGE_MODEL",
      `"${path}" is a ${modelType} model, which classifies text instead of writing it, so it cannot learn this task. ` +
        "Pass a causal language model (GPT-2, LLaMA, Qwen …) to npm start, or train this one on rows with a sentence and a label:\n" +
        `  npm run lowrank -- train --model ${path} --data rows.jsonl --out runs/classifier`,
    );
  }
}

/** The folder of the package @lowrank/tiny-model. */
function tinyModel(): string {
  return dirname(fileURLToPath(import.meta.resolve("@lowrank/tiny-model/model/config.json")));
}

/** Opens a Hugging Face folder; checks its config before reading the weights. */
export async function loadBaseModel(given: string | undefined): Promise<BaseModel> {
  const path = given ?? relative(process.cwd(), tinyModel());
  const folder = openFolder(path);
  const { modelType } = checkConfig(await readJsonObject(folder, "config.json"));
  if (!familyOf(modelType).causal) throw new NotALanguageModelError(path, modelType);
  await openTokenizer(folder); // a folder without one should cost a second, not a minute
  return { path, model: await openModel(path, { engine: false, task: "causal-lm" }) };
}
