// What a program asked of the library that cannot be done.

import { enumerated, itemised, LowrankError } from "@lowrank/contracts";

/** A data file could not be fetched. */
export class RowsNotFoundError extends LowrankError {
  constructor(
    readonly address: string,
    readonly status: number,
  ) {
    super("ROWS_NOT_FOUND", `Cannot read rows from "${address}": the server answered ${status}.`);
  }
}

/** A page has no paths to write to. */
export class UnwritableFolderError extends LowrankError {
  constructor(readonly folder: string) {
    super(
      "UNWRITABLE_FOLDER",
      `A page cannot write to "${folder}": give what showDirectoryPicker() returned, or take files() and offer a download.`,
    );
  }
}

/** A page has no folder in which a run could keep itself. */
export class NoRunFolderError extends LowrankError {
  constructor(readonly out: string) {
    super(
      "NO_RUN_FOLDER",
      `A page cannot keep a run in "${out}": train without { out }, give { checkpoint, resumeFrom } to keep its state ` +
        "elsewhere, and save the adapter at the end.",
    );
  }
}

/** Options of training that contradict each other; every contradiction is listed. */
export class KeepingOptionsError extends LowrankError {
  constructor(readonly problems: readonly string[]) {
    super("KEEPING_OPTIONS", `The training cannot be kept as asked:${itemised(problems)}`);
  }
}

/** Rows train another head than the model was opened with. */
export class RowsTaskError extends LowrankError {
  constructor(
    readonly file: string,
    readonly task: string,
    readonly needed: string,
  ) {
    super(
      "ROWS_TASK",
      `The rows of "${file}" train a head for ${needed}, but the model was opened for ${task}. ` +
        `Open it with { task: "${needed}" }, and with { classes } where they are labelled.`,
    );
  }
}

/** A start that looks at the data cannot compute before it has seen some. */
export class StartNeedsRowsError extends LowrankError {
  constructor(readonly init: string) {
    super(
      "START_NEEDS_ROWS",
      `The start "${init}" is made from the rows that the adapter learns from: call train or prepare before anything else.`,
    );
  }
}

/** An adapter belongs to another model, or was disposed of. */
export class AdapterGoneError extends LowrankError {
  constructor(readonly adapter: string) {
    super(
      "ADAPTER_GONE",
      `The adapter "${adapter}" is not one of this model's: it was disposed of, or belongs to another model.`,
    );
  }
}

/** As many texts wait as may. */
export class WriterFullError extends LowrankError {
  constructor(readonly maxWaiting: number) {
    super("WRITER_FULL", `${maxWaiting} texts wait for room already. Ask again when some are written.`);
  }
}

/** A writer was told to stop. */
export class WriterStoppedError extends LowrankError {
  constructor() {
    super("WRITER_STOPPED", "The writer has been stopped: it takes no more texts. Make a new one.");
  }
}

/** A conversation in which nothing was said yet has no answer to be given anew. */
export class NoTurnError extends LowrankError {
  constructor() {
    super("NO_TURN", "Nothing was said yet: there is no answer to give anew. Send something first.");
  }
}

/** Adapters that are to act together were made on different weights. */
export class AdaptersOfBasesError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "ADAPTERS_OF_BASES",
      `The adapters ${enumerated(adapters)} were not made on the same base, so they cannot act together on one.`,
    );
  }
}

/** Adapters that are to act together have added tokens, which are other ones in each. */
export class SeveralTokenizersError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "SEVERAL_TOKENIZERS",
      `The adapters ${enumerated(adapters)} each have a tokenizer of their own, and a text has one. Let them act one at a time.`,
    );
  }
}
