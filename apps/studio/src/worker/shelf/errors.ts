// Errors about adapters on the shelf, in addition to those of the library.

import { LowrankError } from "@lowrank/contracts";

/** No adapter with that id is stored. */
export class NotOnShelfError extends LowrankError {
  constructor(readonly id: string) {
    super("NOT_ON_SHELF", `The adapter "${id}" is no longer there. It may have been deleted in another tab.`);
  }
}

/** The dropped files are not an adapter, or are too large. */
export class AdapterFilesError extends LowrankError {
  constructor(
    /** The names of the files. */
    readonly fileNames: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "ADAPTER_FILES",
      `${fileNames}: ${reason}. Expected adapter_config.json and adapter_model.safetensors, as PEFT writes them, or a zip with both.`,
      options,
    );
  }
}

/** A repository on the Hub without a usable adapter. */
export class AdapterRepositoryError extends LowrankError {
  constructor(
    readonly repository: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "ADAPTER_REPOSITORY",
      `Cannot download an adapter from "${repository}": ${reason}. Expected a public repository on the Hugging Face Hub, such as owner/name, with adapter_config.json and adapter_model.safetensors.`,
      options,
    );
  }
}
