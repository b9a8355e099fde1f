// Errors about a model that a person chose. The page translates each code; the messages are for the console.

import { LowrankError } from "@lowrank/contracts";

/** A file could not be downloaded. */
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
      "other-file": `the server sent another file (${"got" in what ? what.got : ""})`,
    }[what.reason];
    super(
      what.reason === "no-network" ? "NO_NETWORK" : "DOWNLOAD_FAILED",
      `Cannot download ${address}: ${why}. Downloaded parts are kept. Try again when the network is back.`,
      options,
    );
  }
}

/** The dropped files are not a model. */
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
