// The model that is adapted: the tiny one of this repository, or a folder of the user's.

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
  /** As one would type it: relative to where one is. */
  readonly path: string;
  readonly model: OpenedModel;
}

/** The folder holds a model that cannot write sentences. */
export class NotALanguageModelError extends LowrankError {
  constructor(
    readonly path: string,
    readonly modelType: string,
  ) {
    super(
      "NOT_A_LANGUAGE_MODEL",
      `"${path}" is a ${modelType} model, which classifies text instead of writing it, so it cannot learn this task. ` +
        "Give npm start a causal language model (GPT-2, LLaMA, Qwen …), or train this one on rows with a sentence and a label:\n" +
        `  npm run lowrank -- train --model ${path} --data rows.jsonl --out runs/classifier`,
    );
  }
}

/** The folder of the package @lowrank/tiny-model. */
function tinyModel(): string {
  return dirname(fileURLToPath(import.meta.resolve("@lowrank/tiny-model/model/config.json")));
}

/** Opens a Hugging Face folder; its config is looked at before its weights are read. */
export async function loadBaseModel(given: string | undefined): Promise<BaseModel> {
  const path = given ?? relative(process.cwd(), tinyModel());
  const folder = openFolder(path);
  const { modelType } = checkConfig(await readJsonObject(folder, "config.json"));
  if (!familyOf(modelType).causal) throw new NotALanguageModelError(path, modelType);
  await openTokenizer(folder); // a folder without one should cost a second, not a minute
  return { path, model: await openModel(path, { engine: false, task: "causal-lm" }) };
}
