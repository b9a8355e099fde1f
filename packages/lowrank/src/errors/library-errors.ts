// What a program asked of the library that cannot be done.

import { enumerated, itemized } from "@lowrank/contracts";
import { failure } from "./named-option.ts";

export function rowsNotFound(address: string, status: number) {
  const message = `Cannot read rows from "${address}": the server answered ${status}.`;
  return failure("ROWS_NOT_FOUND", message, { address, status });
}

/** A page has no paths to write to. */
export function unwritableFolder(folder: string) {
  const message = `A page cannot write to "${folder}": give what showDirectoryPicker() returned, or take files() and offer a download.`;
  return failure("UNWRITABLE_FOLDER", message, { folder });
}

/** A page has no folder in which a run could keep itself. */
export function noRunFolder(out: string) {
  const message =
    `A page cannot keep a run in "${out}": train without { out }, give { checkpoint, resumeFrom } to keep its state ` +
    "elsewhere, and save the adapter at the end.";
  return failure("NO_RUN_FOLDER", message, { out });
}

/** Options of training that contradict each other; every contradiction is listed. */
export function keepingOptions(problems: readonly string[]) {
  return failure("KEEPING_OPTIONS", `The training cannot be kept as asked:${itemized(problems)}`, { problems });
}

/** Rows train another head than the model was opened with. */
export function rowsTask(file: string, task: string, needed: string) {
  const message =
    `The rows of "${file}" train a head for ${needed}, but the model was opened for ${task}. ` +
    `Open it with { task: "${needed}" }, and with { classes } where they are labelled.`;
  return failure("ROWS_TASK", message, { file, task, needed });
}

/** A start that looks at the data cannot compute before it has seen some. */
export function startNeedsRows(init: string) {
  const message = `The start "${init}" is made from the rows that the adapter learns from: call train or prepare before anything else.`;
  return failure("START_NEEDS_ROWS", message, { init });
}

export function adapterGone(adapter: string) {
  const message = `The adapter "${adapter}" is not one of this model's: it was disposed of, or belongs to another model.`;
  return failure("ADAPTER_GONE", message, { adapter });
}

export function writerFull(maxWaiting: number) {
  const message = `${maxWaiting} texts wait for room already. Ask again when some are written.`;
  return failure("WRITER_FULL", message, { maxWaiting });
}

export function writerStopped() {
  return failure("WRITER_STOPPED", "The writer has been stopped: it takes no more texts. Make a new one.", {});
}

/** A conversation in which nothing was said yet has no answer to be given anew. */
export function noTurn() {
  return failure("NO_TURN", "Nothing was said yet: there is no answer to give anew. Send something first.", {});
}

/** Adapters that are to act together were made on different weights. */
export function adaptersOfBases(adapters: readonly string[]) {
  const message = `The adapters ${enumerated(adapters)} were not made on the same base, so they cannot act together on one.`;
  return failure("ADAPTERS_OF_BASES", message, { adapters });
}

/** Adapters that are to act together have added tokens, which are other ones in each. */
export function severalTokenizers(adapters: readonly string[]) {
  const message = `The adapters ${enumerated(adapters)} each have a tokenizer of their own, and a text has one. Let them act one at a time.`;
  return failure("SEVERAL_TOKENIZERS", message, { adapters });
}
