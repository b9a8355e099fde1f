// Failures that only the command line knows.

import { LowrankError } from "@lowrank/contracts";
import type { NonFiniteLossError } from "@lowrank/trainer";

/** The arguments contradict each other or lack something; exit code 2. */
export class UsageError extends LowrankError {
  constructor(message: string) {
    super("WRONG_USAGE", message);
  }
}

/** Ctrl-C or SIGTERM ended a run early, after saving; exit code 130. The message says how to go on. */
export class InterruptedError extends LowrankError {
  constructor(message: string) {
    super("INTERRUPTED", message);
  }
}

/** The output path is taken and --overwrite was not given. */
export class OutputExistsError extends LowrankError {
  constructor(readonly path: string) {
    super("OUTPUT_EXISTS", `"${path}" exists already. Choose another --out, or add --overwrite to replace it.`);
  }
}

/** The output path is, or holds, something that the command reads; --overwrite would destroy it. */
export class OutputIsInputError extends LowrankError {
  constructor(
    readonly path: string,
    readonly input: string,
  ) {
    super(
      "OUTPUT_IS_INPUT",
      `--out "${path}" would replace "${input}", which this command reads. Choose another --out.`,
    );
  }
}

/** The output path is, or holds, the current folder; --overwrite would destroy what one works on. */
export class OutputHoldsWorkError extends LowrankError {
  constructor(readonly path: string) {
    super("OUTPUT_HOLDS_WORK", `--out "${path}" is the current folder or contains it. Name a folder of its own.`);
  }
}

/** --overwrite names a folder of something else. */
export class OutputNotOursError extends LowrankError {
  constructor(readonly path: string) {
    super(
      "OUTPUT_NOT_OURS",
      `--overwrite replaces an adapter, a model or a run, but "${path}" holds neither an adapter_config.json, nor a ` +
        "config.json, nor checkpoints. Name another folder, or remove it yourself.",
    );
  }
}

/** A path given on the command line does not lead anywhere. */
export class PathNotFoundError extends LowrankError {
  constructor(
    readonly option: string,
    readonly path: string,
    readonly expected: string,
  ) {
    super("PATH_NOT_FOUND", `${option}: there is no "${path}"; expected ${expected}.`);
  }
}

/** A folder is neither an adapter nor a model. */
export class NotInspectableError extends LowrankError {
  constructor(readonly path: string) {
    super(
      "NOT_INSPECTABLE",
      `"${path}" has neither adapter_config.json nor config.json, so it is neither an adapter nor a model folder. ` +
        "Name a file in it to look at that.",
    );
  }
}

/** Text needs a tokenizer, which the model folder lacks. */
export class TokenizerMissingError extends LowrankError {
  constructor(readonly model: string) {
    super(
      "TOKENIZER_MISSING",
      `Text needs a tokenizer, but "${model}" comes without a tokenizer.json. Copy the model's tokenizer.json into ` +
        'the folder, or give rows that are already tokenised: {"input_ids": [...], "labels": [...]}.',
    );
  }
}

/** A text file has more bytes than any file of its kind needs. */
export class FileTooLargeError extends LowrankError {
  constructor(
    readonly path: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super("FILE_TOO_LARGE", `Cannot read "${path}": it has ${bytes} bytes, more than ${limit}.`);
  }
}

/** --template chat was asked for, but the model comes without a template for conversations. */
export class ChatTemplateMissingError extends LowrankError {
  constructor(readonly others: readonly string[]) {
    super(
      "CHAT_TEMPLATE_MISSING",
      "--template chat is the model's own, but its tokenizer has none: there is no chat_template in " +
        "tokenizer_config.json and no chat_template.jinja beside it. Add the file from a chat model of the family, or " +
        `choose another template: ${others.join(", ")}.`,
    );
  }
}

/** A prompt that has no token at all. */
export class EmptyPromptError extends LowrankError {
  constructor() {
    super("EMPTY_PROMPT", "An empty --prompt has no token to continue. Give at least one word.");
  }
}

/** The base was never trained to classify, and no adapter brings the classifier. */
export class ClassifierMissingError extends LowrankError {
  constructor(
    readonly model: string,
    readonly parameters: readonly string[],
    cause: unknown,
  ) {
    super(
      "CLASSIFIER_MISSING",
      `"${model}" has no ${parameters.join(", ")}: it was never trained for this task. Train it first – lowrank train ` +
        "makes a new classifier and saves it with the adapter – and give that folder as --adapter.",
      { cause },
    );
  }
}

/** The model's task does not allow what the command does. */
export class WrongTaskError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly task: string,
    readonly command: string,
    advice: string,
  ) {
    super(
      "WRONG_TASK",
      `${command} needs a causal language model, but this is a ${modelType} model for ${task}. ${advice}`,
    );
  }
}

/** Not one row of a data file has a token or class to learn. */
export class NothingToTrainError extends LowrankError {
  constructor(readonly file: string) {
    super(
      "NOTHING_TO_TRAIN",
      `No row of "${file}" has anything to learn: every label is -100, or every answer was cut off.`,
    );
  }
}

/** BLEU was asked for, but no row has both a prompt and an answer. */
export class NoReferencesError extends LowrankError {
  constructor(readonly file: string) {
    super("NO_REFERENCES", `--generate needs rows with a prompt and an answer to compare with; "${file}" has none.`);
  }
}

/** Data names classes that the adapter was not trained to tell apart. */
export class ClassNameError extends LowrankError {
  constructor(
    readonly strangers: readonly string[],
    readonly known: readonly string[],
  ) {
    super(
      "CLASS_NAMES",
      `The data has classes that the adapter does not know: ${strangers.join(", ")}. It knows ${known.join(", ")}.`,
    );
  }
}

/** inputs.json of `lowrank forward` is not what the model takes; every fault is listed. */
export class InvalidInputsError extends LowrankError {
  constructor(
    readonly file: string,
    readonly faults: readonly string[],
  ) {
    super(
      "INVALID_INPUTS",
      `"${file}" cannot be used as model inputs:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
  }
}

/** No such path is here, and the Hugging Face Hub does not help either. */
export class HubError extends LowrankError {
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

/** The loss or a gradient stopped being a finite number; what was trained before is kept. */
export class DivergedError extends LowrankError {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly what: "loss" | "gradient";
  readonly value: number;
  readonly out: string;
  /** After which step the adapter in `out` is; undefined: nothing was written. */
  readonly savedStep: number | undefined;

  constructor(
    cause: NonFiniteLossError,
    kept: { readonly out: string; readonly savedStep: number | undefined; readonly hasCheckpoint: boolean },
  ) {
    const { step, what, value } = cause;
    const { out, savedStep, hasCheckpoint } = kept;
    super(
      "DIVERGED",
      `The ${what} of step ${step} is ${value}: the training diverged. ${whatIsKept(kept)}\n` +
        "Use a smaller --learning-rate, more --warmup-steps or a smaller --clip-norm, and look for odd rows in the data." +
        (hasCheckpoint ? " The same command with --resume goes on from the checkpoint." : ""),
      { cause },
    );
    this.step = step;
    this.what = what;
    this.value = value;
    this.out = out;
    this.savedStep = savedStep;
  }
}

function whatIsKept({ out, savedStep, hasCheckpoint }: ConstructorParameters<typeof DivergedError>[1]): string {
  if (savedStep === undefined) return `No step was made before it, so nothing was written to "${out}".`;
  if (hasCheckpoint) return `The adapter and the checkpoint of step ${savedStep} are in "${out}".`;
  return `The adapter as step ${savedStep} left it is in "${out}" (--adapter trains it on into another --out).`;
}

/** --resume found nothing to go on from. */
export class NothingToResumeError extends LowrankError {
  constructor(readonly folder: string) {
    super(
      "NOTHING_TO_RESUME",
      `There is no checkpoint in "${folder}" to go on from. Run the command without --resume.`,
    );
  }
}
