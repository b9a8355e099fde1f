// What keeps an adapter off the shelf, beside what the library itself says of a broken one.

import { LowrankError } from "@lowrank/contracts";

/** No adapter of that id is kept. */
export class NotOnShelfError extends LowrankError {
  constructor(readonly id: string) {
    super("NOT_ON_SHELF", `The adapter "${id}" is not on the shelf any more: it was deleted, perhaps in another tab.`);
  }
}

/** What was dropped is no adapter, or too large for one. */
export class AdapterFilesError extends LowrankError {
  constructor(
    /** The file or files, as they were given. */
    readonly given: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "ADAPTER_FILES",
      `${given}: ${reason}. Expected adapter_config.json and adapter_model.safetensors, as PEFT writes them, or a zip with both.`,
      options,
    );
  }
}

/** A repository of the Hub from which no adapter can be had. */
export class AdapterRepositoryError extends LowrankError {
  constructor(
    readonly repository: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "ADAPTER_REPOSITORY",
      `No adapter could be fetched from "${repository}": ${reason}. Expected the name of a public repository on the Hugging Face Hub, as owner/name, with adapter_config.json and adapter_model.safetensors in it.`,
      options,
    );
  }
}
