// The model that is adapted: the tiny one of this repository, or a folder of the user's.

import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { LowrankError } from "@lowrank/contracts";
import { openTokenizer, type TextTokenizer } from "@lowrank/data";
import { checkConfig, familyOf } from "@lowrank/families";
import { loadModel, type PretrainedModel, readJsonObject } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";

/** A language model, and the tokenizer that it was trained with. */
export interface BaseModel {
  /** As one would type it: relative to where one is. */
  readonly path: string;
  readonly model: PretrainedModel;
  readonly tokenizer: TextTokenizer;
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
  const tokenizer = await openTokenizer(folder);
  return { path, tokenizer, model: await loadModel(folder, { task: "causal-lm" }) };
}
