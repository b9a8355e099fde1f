// What a model or an adapter lacks, or where it cannot be had.

import { LowrankError } from "@lowrank/contracts";

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
