// Errors of calls to the library.

import { itemized, listed } from "@lowrank/contracts";
import { enumerated, failure } from "@lowrank/contracts/internal";

export function rowsNotFound(address: string, status: number) {
  const message = `Cannot read rows from "${address}": the server answered ${status}. Check the address in a browser.`;
  return failure("ROWS_NOT_FOUND", message, { address, status });
}

/** A web page cannot write to a path. */
export function unwritableFolder(folder: string) {
  const message = `A web page cannot write to the path "${folder}". Pass a directory from showDirectoryPicker(), or offer files() as a download.`;
  return failure("UNWRITABLE_FOLDER", message, { folder });
}

/** A web page has no folder for a run. */
export function noRunFolder(out: string) {
  const message =
    `A web page cannot keep a run in the folder "${out}". Train without { out }, store checkpoints with ` +
    "{ checkpoint, resumeFrom }, and save the adapter at the end.";
  return failure("NO_RUN_FOLDER", message, { out });
}

/** Options of a run folder contradict each other, or one has a wrong value. Change the listed options. */
export function keepingOptions(problems: readonly string[]) {
  return failure("KEEPING_OPTIONS", `Checkpoint options contradict each other:${itemized(problems)}`, { problems });
}

/** Rows train another head than the model was opened with. */
export function rowsTask(file: string, task: string, needed: string) {
  const message =
    `The rows of "${file}" need a model for ${needed}, but the model was opened for ${task}. ` +
    `Open it with { task: "${needed}" }, and with { classes } if the rows have labels.`;
  return failure("ROWS_TASK", message, { file, task, needed });
}

/** An initialization that uses the data cannot compute before it has read some. */
export function initNeedsRows(init: string) {
  const message = `The initialization "${init}" needs training rows. Call train or prepare first.`;
  return failure("START_NEEDS_ROWS", message, { init });
}

export function adapterGone(adapter: string, others: readonly { readonly name: string }[] = []) {
  const names = others.map(({ name }) => name);
  const there = names.length === 0 ? "" : ` Its adapters are ${listed(names)}.`;
  const message =
    `The adapter "${adapter}" does not belong to this model: it was disposed of, or was made on another model. ` +
    `Pass one of model.adapters, or its name.${there}`;
  return failure("ADAPTER_GONE", message, { adapter, names });
}

export function writerFull(maxWaiting: number) {
  const message = `The queue is full: ${maxWaiting} texts are waiting. Try again after some are written.`;
  return failure("WRITER_FULL", message, { maxWaiting });
}

export function writerStopped() {
  return failure("WRITER_STOPPED", "The writer was stopped and accepts no more texts. Create a new one.", {});
}

/** A conversation without messages has no answer to generate again. */
export function noTurn() {
  return failure("NO_TURN", "The conversation has no answer to generate again. Send a message first.", {});
}

/** Adapters that are used together were trained on different base models. */
export function adaptersOfBases(adapters: readonly string[]) {
  const message = `The adapters ${enumerated(adapters)} were trained on different base models. Only adapters of the same base model can be combined.`;
  return failure("ADAPTERS_OF_BASES", message, { adapters });
}

/** Adapters that are used together have added different tokens. */
export function severalTokenizers(adapters: readonly string[]) {
  const message = `The adapters ${enumerated(adapters)} use different tokenizers, and a text can only use one. Use one adapter at a time.`;
  return failure("SEVERAL_TOKENIZERS", message, { adapters });
}
