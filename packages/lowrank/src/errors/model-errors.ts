// Errors about models and adapters: missing files, unknown settings, downloads.

import { enumerated, failure, printable } from "@lowrank/contracts/internal";
import { NamingError, named, namingFailure } from "./named-option.ts";

/** A folder is neither an adapter nor a model, or a file has no weights: then `cause` has the safetensors reader's error. */
export function notInspectable(path: string, cause?: unknown) {
  const message =
    cause === undefined
      ? `"${path}" is neither an adapter nor a model: it has no adapter_config.json, no config.json, and not ` +
        "exactly one file of weights. To inspect a file in it, pass the file's path."
      : `"${path}" is not a .safetensors file, a .gguf file or a folder. To see rows of data, run lowrank data preview.`;
  return failure("NOT_INSPECTABLE", message, { path, cause });
}

/** The path of the model leads to an adapter. */
export function adapterAsModel(path: string) {
  const [model, adapter] = [named("model"), named("adapter")];
  const message = `${model} "${path}" is an adapter. Pass it as ${adapter}, and pass its base model as ${model}.`;
  return namingFailure("ADAPTER_AS_MODEL", message, { path });
}

/** No base model was found at the places that the adapter and PEFT's configuration name. */
export class BaseNotFoundError extends NamingError {
  /** Where it was looked for. */
  readonly paths: readonly string[];

  constructor(
    readonly adapter: string,
    paths: readonly (string | null | undefined)[],
  ) {
    const candidates = paths
      .filter((candidate) => typeof candidate === "string" && candidate !== "")
      .map((candidate) => printable(candidate ?? ""));
    const found = candidates.length === 0 ? "names none" : `names ${enumerated(candidates)}, which was not found`;
    super(
      "BASE_NOT_FOUND",
      `Cannot find the base model of the adapter "${adapter}": the adapter ${found}. Pass the base as ${named("model")}.`,
    );
    this.paths = candidates;
  }
}

/** Text needs a tokenizer, but the model folder has none. */
export function tokenizerMissing(model: string) {
  const message =
    `Text requires a tokenizer, but "${model}" has no tokenizer.json. Copy the model's tokenizer.json into ` +
    'the folder, or use rows that are already tokenized: {"input_ids": [...], "labels": [...]}.';
  return failure("TOKENIZER_MISSING", message, { model });
}

/** The model's files do not specify the pooling. A wrong guess would give vectors that look right. */
export class PoolingUnknownError extends NamingError {
  constructor(
    readonly model: string,
    /** A folder that modules.json names but that does not exist. */
    readonly missing?: string,
  ) {
    const found =
      missing === undefined
        ? "has no modules.json with 1_Pooling/config.json, and no pooling_type in a .gguf file"
        : `names the folder ${printable(missing)} in modules.json, but has no config.json there`;
    super(
      "POOLING_UNKNOWN",
      `The pooling of "${model}" is unknown: the model ${found}. Set ${named("pooling")} as documented in the model card ` +
        `(mean, first ([CLS]) or last), and ${named("normalize")} if the model normalizes. MiniLM: mean, normalized.`,
    );
  }
}

/** The model's folder has no prompt with this name. */
export function promptUnknown(model: string, prompt: string, known: readonly string[]) {
  const names = known.length === 0 ? "none" : enumerated(known.map((name) => JSON.stringify(name)));
  const message = `"${model}" has no prompt ${JSON.stringify(prompt)} in its config_sentence_transformers.json. Available: ${names}.`;
  return failure("PROMPT_UNKNOWN", message, { model, prompt, known });
}

/** A text file has more bytes than any file of its kind needs. */
export function fileTooLarge(path: string, bytes: number, limit: number) {
  const message = `Cannot read "${path}": it has ${bytes} bytes; the maximum is ${limit}. Download the file again.`;
  return failure("FILE_TOO_LARGE", message, { path, bytes, limit });
}

/** The template "chat" is selected, but the model has no chat template. */
export class ChatTemplateMissingError extends NamingError {
  constructor(readonly others: readonly string[]) {
    super(
      "CHAT_TEMPLATE_MISSING",
      `${named("template")} chat uses the model's own chat template, but the model has none: no chat_template in ` +
        "tokenizer_config.json and no chat_template.jinja. Copy the file from a chat model of the same family, or " +
        `choose another template: ${others.join(", ")}.`,
    );
  }
}

/** A text file is not UTF-8. */
export function fileNotText(path: string, cause: unknown) {
  return failure("FILE_NOT_TEXT", `"${path}" is not UTF-8 text. Save it as UTF-8.`, { path, cause });
}

/** Neither the base model nor an adapter has the weights of the classifier. */
export function classifierMissing(model: string, parameters: readonly string[], cause: unknown) {
  const message =
    `"${model}" has no ${enumerated(parameters)}: it was never trained for this task. Train it first: training on rows with ` +
    `labels creates a classifier and saves it with the adapter. Then pass that folder as ${named("adapter")}.`;
  return namingFailure("CLASSIFIER_MISSING", message, { model, parameters, cause });
}

/** The base model has no head, and the adapter has only a part of it. */
export function headIncomplete(model: string, parameters: readonly string[]) {
  const message =
    `Neither "${model}" nor the adapter has ${enumerated(parameters)}: the adapter was trained on random weights that ` +
    "were not saved. Train it again and save these modules (modules_to_save in PEFT); lowrank saves them by default.";
  return failure("HEAD_INCOMPLETE", message, { model, parameters });
}

/** An adapter's task type in PEFT ("TOKEN_CLS"), the requested head, if any, and the heads that the family has. */
interface TaskFacts {
  readonly taskType: string;
  readonly requested: string | undefined;
  readonly possible: readonly string[];
}

/** An adapter's task needs a head that the base's family does not have, or another one than the requested head. */
export function adapterTask(modelType: string, { taskType, requested, possible }: TaskFacts) {
  const message =
    requested === undefined
      ? `The adapter was trained for ${taskType}, but ${modelType} models have no such head here. Available: ` +
        `${possible.join(", ")}. Is ${named("model")} the base that the adapter was trained on?`
      : `The adapter was trained for ${taskType}, so it cannot be used for ${requested}. Pass data or a ${named("task")} for ${taskType}.`;
  return namingFailure("ADAPTER_TASK", message, { modelType, taskType, requested, possible });
}

/** The model that most work needs. */
const writer = "a model that generates text";

/** The model's task does not fit the work. Open a model for the task that the message names. */
export class WrongTaskError extends NamingError {
  constructor(
    readonly modelType: string,
    readonly task: string,
    /** The work, as the beginning of a sentence: "Training on rows of text". */
    readonly work: string,
    advice: string,
    needed = writer,
  ) {
    super("WRONG_TASK", `${work} needs ${needed}, but this is a ${modelType} model for ${task}. ${advice}`);
  }
}

/** There is no such local path, and the download from the Hugging Face Hub failed. */
export class HubError extends NamingError {
  constructor(
    readonly repository: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "HUB",
      `There is no local folder "${repository}", and the download from the Hugging Face Hub failed: ${reason}`,
      options,
    );
  }
}

/** A file of a repository differs from the Hub's description, or cannot be stored. */
export class HubFileError extends HubError {
  readonly found: string;
  readonly expected: string;

  constructor(
    repository: string,
    /** In the repository. */
    readonly file: string,
    { found, expected, advice }: { readonly found: string; readonly expected: string; readonly advice: string },
  ) {
    super(repository, `${printable(file)}: found ${found}, expected ${expected}. ${advice}`);
    this.found = found;
    this.expected = expected;
  }
}

/** Files in the Hub's cache are damaged. */
export function cacheDamaged(cache: string, damaged: readonly string[], files: number) {
  const message =
    `${damaged.length} of ${files} files in "${cache}" do not match their hashes: ${enumerated(damaged)}. ` +
    "lowrank downloads these files again at the next use. For other programs, remove them.";
  return failure("CACHE_DAMAGED", message, { cache, damaged, files });
}
