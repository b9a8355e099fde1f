// What a model or an adapter lacks, or where it cannot be had.

import { enumerated, printable } from "@lowrank/contracts";
import { failure, NamingError, named, namingFailure } from "./named-option.ts";

/** A folder is neither an adapter nor a model, or a file holds no weights: then `cause` says why it is no safetensors file. */
export function notInspectable(path: string, cause?: unknown) {
  const message =
    cause === undefined
      ? `"${path}" has neither adapter_config.json nor config.json, so it is neither an adapter nor a model folder, and ` +
        "not one file of weights alone. Name a file in it to look at that."
      : `"${path}" is neither a .safetensors nor a .gguf file, and no folder. Rows of data are shown by lowrank data preview.`;
  return failure("NOT_INSPECTABLE", message, { path, cause });
}

/** What is given as the model is an adapter, which is nothing without its base. */
export function adapterAsModel(path: string) {
  const [model, adapter] = [named("model"), named("adapter")];
  const message = `${model} "${path}" is an adapter: give it as ${adapter}, and as ${model} the base that it was trained on.`;
  return namingFailure("ADAPTER_AS_MODEL", message, { path });
}

/** Neither what an adapter remembers of its base nor what PEFT's configuration names leads to a model. */
export class BaseNotFoundError extends NamingError {
  /** Where it was looked for. */
  readonly places: readonly string[];

  constructor(
    readonly adapter: string,
    places: readonly (string | null | undefined)[],
  ) {
    const known = places
      .filter((place) => typeof place === "string" && place !== "")
      .map((place) => printable(place ?? ""));
    const told = known.length === 0 ? "names none" : `names ${enumerated(known)}, which is not here`;
    super(
      "BASE_NOT_FOUND",
      `The base of the adapter "${adapter}" cannot be found: it ${told}. Give it as ${named("model")}.`,
    );
    this.places = known;
  }
}

/** Text needs a tokenizer, which the model folder lacks. */
export function tokenizerMissing(model: string) {
  const message =
    `Text needs a tokenizer, but "${model}" comes without a tokenizer.json. Copy the model's tokenizer.json into ` +
    'the folder, or give rows that are already tokenised: {"input_ids": [...], "labels": [...]}.';
  return failure("TOKENIZER_MISSING", message, { model });
}

/** Nothing says how a model's states become an embedding: a wrong guess would give vectors that look right. */
export class PoolingUnknownError extends NamingError {
  constructor(
    readonly model: string,
    /** A folder that modules.json names and that is not there. */
    readonly missing?: string,
  ) {
    const found =
      missing === undefined
        ? "has no modules.json with 1_Pooling/config.json, and no pooling_type of a .gguf file"
        : `names the folder ${printable(missing)} in modules.json, but has no config.json there`;
    super(
      "POOLING_UNKNOWN",
      `How to pool the states of "${model}" is not known: it ${found}. Give ${named("pooling")} as the model's card says – ` +
        `mean, first ([CLS]) or last –, and ${named("normalize")} if it normalises, as MiniLM does (mean, normalised).`,
    );
  }
}

/** The model's folder has no prompt of this name. */
export function promptUnknown(model: string, prompt: string, known: readonly string[]) {
  const names = known.length === 0 ? "none" : enumerated(known.map((name) => JSON.stringify(name)));
  const message = `"${model}" has no prompt ${JSON.stringify(prompt)} in its config_sentence_transformers.json; it has ${names}.`;
  return failure("PROMPT_UNKNOWN", message, { model, prompt, known });
}

/** A text file has more bytes than any file of its kind needs. */
export function fileTooLarge(path: string, bytes: number, limit: number) {
  return failure("FILE_TOO_LARGE", `Cannot read "${path}": it has ${bytes} bytes, more than ${limit}.`, {
    path,
    bytes,
    limit,
  });
}

/** The template "chat" was asked for, but the model comes without a template for conversations. */
export class ChatTemplateMissingError extends NamingError {
  constructor(readonly others: readonly string[]) {
    super(
      "CHAT_TEMPLATE_MISSING",
      `${named("template")} chat is the model's own, but its tokenizer has none: there is no chat_template in ` +
        "tokenizer_config.json and no chat_template.jinja beside it. Add the file from a chat model of the family, or " +
        `choose another template: ${others.join(", ")}.`,
    );
  }
}

/** A file that is to hold text holds other bytes. */
export function fileNotText(path: string, cause: unknown) {
  return failure("FILE_NOT_TEXT", `"${path}" is not UTF-8 text; save it as UTF-8.`, { path, cause });
}

/** The base was never trained to classify, and no adapter brings the classifier. */
export function classifierMissing(model: string, parameters: readonly string[], cause: unknown) {
  const message =
    `"${model}" has no ${enumerated(parameters)}: it was never trained for this task. Train it first – training on rows with ` +
    `labels makes a new classifier, and saves it with the adapter – and give that folder as ${named("adapter")}.`;
  return namingFailure("CLASSIFIER_MISSING", message, { model, parameters, cause });
}

/** An adapter brings only a part of the head that its base lacks. */
export function headIncomplete(model: string, parameters: readonly string[]) {
  const message =
    `Neither "${model}" nor the adapter has ${enumerated(parameters)}: the adapter was trained above random values that ` +
    "nobody kept. Train it again with these modules saved, too – training here does so by itself.";
  return failure("HEAD_INCOMPLETE", message, { model, parameters });
}

/** What an adapter was trained for (PEFT's "TOKEN_CLS"), the head that was asked for, if one was, and those that the family has. */
interface TaskFacts {
  readonly taskType: string;
  readonly asked: string | undefined;
  readonly possible: readonly string[];
}

/** An adapter's task needs a head that the base's family does not have, or that is not the one asked for. */
export function adapterTask(modelType: string, { taskType, asked, possible }: TaskFacts) {
  const message =
    asked === undefined
      ? `The adapter was trained for ${taskType}, but a ${modelType} model has no such head here. It has: ` +
        `${possible.join(", ")}. Is ${named("model")} the base that the adapter was trained on?`
      : `The adapter was trained for ${taskType}, so it cannot be used for ${asked}. Give data, or a ${named("task")}, that go with it.`;
  return namingFailure("ADAPTER_TASK", message, { modelType, taskType, asked, possible });
}

/** What most work needs. */
const writer = "a model that writes text";

/** The model's task does not allow what is to be done with it. */
export class WrongTaskError extends NamingError {
  constructor(
    readonly modelType: string,
    readonly task: string,
    /** What is to be done, as a sentence begins: "Training on rows of text". */
    readonly work: string,
    advice: string,
    needed = writer,
  ) {
    super("WRONG_TASK", `${work} needs ${needed}, but this is a ${modelType} model for ${task}. ${advice}`);
  }
}

/** No such path is here, and the Hugging Face Hub does not help either. */
export class HubError extends NamingError {
  constructor(
    readonly repository: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "HUB",
      `There is no folder "${repository}" here, and it cannot be downloaded from the Hugging Face Hub: ${reason}`,
      options,
    );
  }
}

/** A file of a repository is not what the Hub says that it is, or cannot be kept. */
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

/** Files in the Hub's cache are not what was sent. */
export function cacheDamaged(cache: string, damaged: readonly string[], files: number) {
  const message =
    `${damaged.length} of ${files} files in "${cache}" do not have the content that their hashes say: ${enumerated(damaged)}. ` +
    "lowrank downloads such a file again when it is used next; for other programs remove it.";
  return failure("CACHE_DAMAGED", message, { cache, damaged, files });
}
