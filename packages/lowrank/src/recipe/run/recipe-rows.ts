// Reads training and validation rows before the model: a broken row should cost a second, not a minute.

import { enumerated, printable } from "@lowrank/contracts/internal";
import type { ReadOptions } from "@lowrank/data/internal";
import { findAdapters } from "../../adapters/weighted-set.ts";
import { counted } from "../../counted.ts";
import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import type { Notices } from "../../notices.ts";
import { objectiveFor, objectiveOf } from "../../objectives/objectives.ts";
import { type TrainingRows, trainingRows } from "../../objectives/training-rows.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { configOfSource } from "../../open/base-config.ts";
import { keepsClassifier } from "../../open/load-base.ts";
import type { SourceContext } from "../../platform.ts";
import { readRows } from "../../rows/read-rows.ts";
import type { RowFile } from "../../rows/row-kinds.ts";
import type { RunFolder } from "../../run-folder.ts";
import type { AdapterSetup } from "../../setup/adapter-setup.ts";
import type { CompleteRecipe, WithModel } from "../recipe.ts";

export async function readRecipeRows(
  options: WithModel<CompleteRecipe>,
  { initial }: Pick<RunFolder, "initial">,
  context: SourceContext,
): Promise<TrainingRows> {
  const { data: names, validation, seed, problemType: problem } = options;
  const validationShare =
    options.validationShare ?? initial.options.validationShare ?? (options.likePeft === true ? 0 : undefined);
  const ignored = new Set<string>();
  const asPrompts = options.objective !== undefined;
  const reading = { ...options, asPrompts, onIgnoredColumn: (name: string) => void ignored.add(name) };
  const heldOut = validation === undefined ? undefined : await readNamedRows(validation, reading, context);
  const data = await readNamedRows(names, reading, context);
  if (ignored.size > 0) context.notices.note?.(`ignored columns: ${enumerated([...ignored].map(printable))}`);
  const task = options.task ?? (await taskOfPairs(data, options, context));
  const rows = trainingRows({ data, validation: heldOut, validationShare, seed, task, problem, loss: options.loss });
  checkTask(task, rows);
  return rows;
}

/** Texts to compare train embeddings, unless the base is a cross-encoder; preferences a language model, unless the base is a reward model. */
async function taskOfPairs(
  { rows }: RowFile,
  { model, adapter }: WithModel<CompleteRecipe>,
  context: SourceContext,
): Promise<"sequence-classification" | undefined> {
  if (objectiveOf(rows.at(0)).mayKeepClassifier !== true) return undefined;
  const config = await configOfSource(await nodePlatform.findModel(model, context));
  const trained = adapter === undefined ? undefined : await findAdapters(nodePlatform, adapter, context);
  const read = await trained?.read({ onWarning: () => {} }, async () => config);
  if (config === undefined || !keepsClassifier(read, config)) return undefined;
  context.notices.note?.(
    rows.at(0)?.kind === "preference"
      ? "the base is trained as a reward model, because it gives each text one score"
      : `the base is trained as a cross-encoder, because it scores pairs of texts (for embeddings: ${named("task")} feature-extraction)`,
  );
  return "sequence-classification";
}

function checkTask(task: CompleteRecipe["task"], { objective, file }: TrainingRows): void {
  if (task === undefined || objective.task === objectiveFor(task).task) return;
  const [wanted, got] = [objectiveFor(task).rows, objective.rows];
  throw new UsageError(`${named("task")} ${task} needs rows with ${wanted}, but "${file}" has rows with ${got}.`);
}

export interface ReadingOptions extends Pick<ReadOptions, "columns" | "header" | "onIgnoredColumn" | "asPrompts"> {
  readonly skipBadRows?: boolean;
  /** The settings of the adapter's earlier training. */
  readonly setup?: AdapterSetup;
}

/** The rows of all named files, concatenated. Throws the errors of `refuseHeader` and `readRows`. */
export async function readNamedRows(
  names: readonly string[],
  { columns, header, onIgnoredColumn, skipBadRows, setup, asPrompts }: ReadingOptions,
  context: SourceContext,
): Promise<RowFile> {
  if (header !== undefined) for (const name of names) refuseHeader(name);
  const onBrokenRows = skipBadRows === true ? warnOfBrokenRows(context.notices) : undefined;
  const read = omitUndefined({ columns, header, onBrokenRows, onIgnoredColumn, remembered: setup, asPrompts });
  return readRows(names, { platform: nodePlatform, columns: read, context });
}

/** Throws a UsageError for a file in which every row names its own columns. */
export function refuseHeader(name: string): void {
  if (name === "-" || /\.[ct]sv(\.gz)?$/i.test(name)) return;
  throw new UsageError(`${named("header")} is for .csv and .tsv files. In "${name}" every row names its own columns.`);
}

function warnOfBrokenRows({ warn }: Notices): NonNullable<ReadOptions["onBrokenRows"]> {
  return ({ file, count, problems: [first] }) => {
    const why = first === undefined ? "" : ` The first, ${first.row}: expected ${first.expected}, got ${first.found}.`;
    warn({ code: "ROWS_BROKEN", message: `Skipped ${counted(count, "broken row")} of "${file}".${why}` });
  };
}
