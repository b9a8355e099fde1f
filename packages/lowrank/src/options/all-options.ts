// All options of a run, in the order of the help. Command line, recipes and the library's checks are made from them.

import { adapterOptions, tokenOptions } from "./adapter-options.ts";
import { engineOptions, fileOptions } from "./file-options.ts";
import { comparisonOptions, distillationOptions, embeddingOptions, preferenceOptions } from "./learning-options.ts";
import { libraryOptions, loopOptions } from "./loop-options.ts";
import type { OptionGroup, OptionRow, Passed } from "./option-table.ts";
import { rewardOptions } from "./reward-options.ts";

export type RunOptionRows = typeof fileOptions.rows &
  typeof adapterOptions.rows &
  typeof tokenOptions.rows &
  typeof loopOptions.rows &
  typeof comparisonOptions.rows &
  typeof embeddingOptions.rows &
  typeof preferenceOptions.rows &
  typeof distillationOptions.rows &
  typeof rewardOptions.rows &
  typeof engineOptions.rows;

/** The options of a run. The engine's options are options of every command. */
export const runOptions: readonly OptionGroup[] = [
  fileOptions,
  adapterOptions,
  tokenOptions,
  loopOptions,
  comparisonOptions,
  embeddingOptions,
  preferenceOptions,
  distillationOptions,
  rewardOptions,
];

export interface RecipeOption extends OptionRow {
  readonly name: string;
}

/** All that a recipe may have, by name. */
export const recipeOptions: ReadonlyMap<string, RecipeOption> = new Map(
  [...runOptions, engineOptions].flatMap(({ rows }) =>
    Object.entries(rows).map(([name, row]) => [name, { name, ...row }] as const),
  ),
);

/** Options that `--help` shows where a command has many; `--help-all` shows all of them. */
export const commonOptions: ReadonlySet<string> = new Set([
  ...["recipe", "overwrite", "resume", "model", "data", "out", "adapter", "basePrecision", "validation", "template"],
  ...["maxLength", "rank", "alpha", "targetModules", "epochs", "steps", "batchSize", "learningRate", "seed"],
  ...["gradientAccumulationSteps", "gradientCheckpointing", "evalEvery", "saveEvery", "report", "json", "engine"],
  ...["objective", "minutes", "rows"],
]);

const { columns, header, template, maxLength, maxTargetLength, classNames, validationShare } = fileOptions.rows;
const { queryPrompt: _query, documentPrompt: _document, ...comparisons } = comparisonOptions.rows;
const { rewardWeights: _weights, ...rewards } = rewardOptions.rows;

/** The options of the library's `train`. */
export const trainOptionRows = {
  columns,
  header,
  template,
  maxLength,
  maxTargetLength,
  classNames,
  validationShare,
  ...loopOptions.rows,
  ...comparisons,
  ...embeddingOptions.rows,
  ...preferenceOptions.rows,
  ...distillationOptions.rows,
  ...rewards,
  ...libraryOptions.rows,
  initBatches: adapterOptions.rows.initBatches,
};

/** The given options that the fingerprint of a run or the model card contains, under their names there. */
export function notedOptions(where: "fact" | "card", options: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    optionEntries(options).flatMap(([, value, { [where]: name }]) => (name === undefined ? [] : [[name, value]])),
  );
}

/** The given options that the forward pass or the trainer takes as they are. */
export function optionsFor<Receiver extends "forward" | "trainer">(
  receiver: Receiver,
  options: object,
): Passed<typeof loopOptions.rows, Receiver> {
  const found = optionEntries(options).filter(([, , { passedTo }]) => passedTo === receiver);
  // The rows with this receiver, as the type says.
  return Object.fromEntries(found) as Passed<typeof loopOptions.rows, Receiver>;
}

/** The given options with their rows, in the order of the table. */
export function optionEntries(options: object): readonly (readonly [name: string, value: unknown, row: OptionRow])[] {
  const values = new Map<string, unknown>(Object.entries(options));
  const rows = Object.entries<OptionRow>(trainOptionRows).map(([name, row]) => [name, values.get(name), row] as const);
  return rows.filter(([, value]) => value !== undefined);
}
