// What can be wrong with a model that a person chose. The page has words for each code; the messages are for the console.

import { LowrankError } from "@lowrank/contracts";

/** A file did not come. */
export class DownloadError extends LowrankError {
  constructor(
    readonly address: string,
    readonly what:
      | { readonly reason: "no-network" }
      | { readonly reason: "status"; readonly status: number }
      | { readonly reason: "other-file"; readonly got: string },
    options?: { readonly cause?: unknown },
  ) {
    const why = {
      "no-network": "there is no network, or the server cannot be reached",
      status: `the server answered ${"status" in what ? what.status : ""}`,
      "other-file": `what came is another file (${"got" in what ? what.got : ""})`,
    }[what.reason];
    super(
      what.reason === "no-network" ? "NO_NETWORK" : "DOWNLOAD_FAILED",
      `Cannot get ${address}: ${why}. What had come is kept: try again when the network is back.`,
      options,
    );
  }
}

/** The files that were dropped are no model. */
export class NotAModelError extends LowrankError {
  constructor(
    readonly names: readonly string[],
    readonly reason: string,
  ) {
    super(
      "NOT_A_MODEL",
      `${reason} Drop a Hugging Face folder, its config.json with its .safetensors and tokenizer.json, or one .gguf file.`,
    );
  }
}

/** The model is too large for a tab. Sizes in bytes. */
export class TooLargeForTabError extends LowrankError {
  constructor(
    readonly model: string,
    readonly needed: number,
    readonly most: number,
  ) {
    const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
    super(
      "TOO_LARGE_FOR_TAB",
      `"${model}" needs about ${megabytes(needed)} of memory to be trained, and this tab may have about ${megabytes(most)}. Choose a smaller model.`,
    );
  }
}

/** The tokenizer writes tokens that the model does not have. */
export class TokenizerMisfitError extends LowrankError {
  constructor(
    readonly model: string,
    readonly tokens: number,
    readonly vocabulary: number,
  ) {
    super(
      "TOKENIZER_MISFIT",
      `The tokenizer beside "${model}" has ${tokens} tokens and the model ${vocabulary}: they do not belong together. Drop the tokenizer.json that came with the model.`,
    );
  }
}

/** The model has another head than one that writes. */
export class WritesNothingError extends LowrankError {
  constructor(
    readonly model: string,
    readonly task: string,
  ) {
    super(
      "WRITES_NOTHING",
      `"${model}" is made for ${task}, and the studio teaches models that write text one token after the other.`,
    );
  }
}
