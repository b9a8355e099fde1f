// A run as its options say it: typed as flags or written in a recipe.

import { given } from "../given.ts";
import type { RunRows } from "../options/all-options.ts";
import type { Chosen } from "../options/option-table.ts";
import type { TrainingOptions } from "../options.ts";
import type { KeptCheckpoints, RunFolder } from "../run-folder.ts";
import { trainingNames } from "../train/training-names.ts";
import { goingOn, type LoopOptions } from "../train/training-options.ts";

/** What lists have in a recipe, where one is enough. */
type Lists = "data" | "validation" | "addTokens";

/** All options with their defaults; absent means: the default of the adapter, the model or the plan. */
export interface RunChoices extends Omit<Chosen<RunRows>, Lists> {
  /** Files, patterns, data sets of the Hub or "-", whose rows follow each other. */
  readonly data: readonly string[];
  readonly validation?: readonly string[];
  readonly addTokens?: readonly string[];
}

/** What a recipe says, by name; what it leaves out has the default that `lowrank train --help` tells. */
export type Recipe = { readonly [Name in Exclude<keyof RunChoices, Lists>]?: RunChoices[Name] | undefined } & {
  readonly data: string | readonly string[];
  readonly validation?: string | readonly string[] | undefined;
  readonly addTokens?: string | readonly string[] | undefined;
};

export type WithModel<Choices> = Choices & { readonly model: string };

/** Those that the library names alike and that the loop is not told: rows and a teacher are read before it, a folder keeps it. */
const apart: ReadonlySet<string> = new Set([
  ...["validation", "validationShare", "teacher"],
  ...["out", "overwrite", "resume", "saveEvery", "keepCheckpoints", "tensorBoard", "report", "verifyBase"],
]);

/** What `likePeft` means for the loop: the defaults of transformers' Trainer in place of this library's. */
const likeTrainer: LoopOptions = { batchSize: 8, learningRate: 5e-5, epochs: 3, warmupSteps: 0 };

/** Those that say how rows become tokens and how the loop goes, as the library takes them; the rest as the folder's run began. */
export function trainingOptions(choices: RunChoices, { asBegun }: Pick<RunFolder, "asBegun">): TrainingOptions {
  const alike = Object.entries(choices).filter(([name]) => Object.hasOwn(trainingNames, name) && !apart.has(name));
  const said: TrainingOptions = { ...Object.fromEntries(alike), ...promptsOf(choices) };
  return goingOn(asBegun.options, { ...(choices.likePeft === true ? likeTrainer : {}), ...given(said) }, choices);
}

/** Texts before texts to compare, as the library takes them. */
export function promptsOf({
  queryPrompt: first,
  documentPrompt: others,
}: Pick<RunChoices, "queryPrompt" | "documentPrompt">): Pick<TrainingOptions, "prompts"> {
  return first === undefined && others === undefined ? {} : { prompts: given({ first, others }) };
}

/** Which checkpoints stay, as the library takes it. */
export function keptChoice(choices: Pick<RunChoices, "keepCheckpoints">): KeptCheckpoints | undefined {
  const keep = choices.keepCheckpoints;
  if (keep === undefined) return undefined;
  const last = keep.find((name) => name.startsWith("last:"));
  return { best: keep.includes("best"), last: last === undefined ? 1 : Number(last.slice("last:".length)) };
}
