// A run as its options say it: typed as flags or written in a recipe.

import type { ProblemType } from "@lowrank/contracts/families";
import type { EngineName } from "@lowrank/engine/facts";
import { given } from "../given.ts";
import { type TrainingOptions, trainingNames } from "../options.ts";
import type { RunFolder } from "../run-folder.ts";
import { goingOn } from "../train/training-options.ts";
import {
  type ComparisonChoices,
  comparisonChoices,
  type PreferenceChoices,
  type TeacherChoices,
} from "./learning-choices.ts";
import { likeTrainer } from "./like-peft.ts";
import { loopChoices, type TrainerChoices } from "./loop-choices.ts";
import type { biasModes } from "./options/adapter-options.ts";
import type { basePrecisions, trainableTasks } from "./options/file-options.ts";
import type { schedules } from "./options/loop-options.ts";
import type { VariantChoices } from "./variant-fields.ts";

/** All options with their defaults; absent means: the default of the adapter, the model or the plan. */
export interface RunChoices
  extends VariantChoices,
    ComparisonChoices,
    PreferenceChoices,
    TeacherChoices,
    TrainerChoices {
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly allowDifferentBase?: boolean;
  readonly basePrecision?: (typeof basePrecisions)[number];
  readonly model?: string;
  /** What a new adapter's files call the base. */
  readonly baseName?: string;
  /** The one to go on with. */
  readonly adapter?: string;
  /** Files, patterns, data sets of the Hub or "-", whose rows follow each other. */
  readonly data: readonly string[];
  readonly out: string;
  /** Whether every byte of the base's weights counts for a resumed run, not samples of them. */
  readonly verifyBase?: boolean;
  readonly validation?: readonly string[];
  readonly validationShare?: number;
  /** Which column of the file is which field of a row. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Names of a table's columns where its first line has none. */
  readonly header?: readonly string[];
  readonly skipBadRows?: boolean;
  /** The head to train, where neither the base's files nor the rows say it. */
  readonly task?: (typeof trainableTasks)[number];
  /** What a classifier is for, where its labels leave it open. */
  readonly problemType?: ProblemType;
  /** In the order of their numbers. */
  readonly classNames?: readonly string[];
  readonly template?: string;
  readonly maxLength?: number;
  readonly maxTargetLength?: number;

  readonly rank?: number;
  readonly alpha?: number;
  readonly dropout?: number;
  readonly targetModules?: string | readonly string[];
  readonly allowUnmatchedTargets?: boolean;
  readonly useRslora?: boolean;
  readonly init?: string;
  /** How many batches a start looks at that looks at data. */
  readonly initBatches?: number;
  readonly bias?: (typeof biasModes)[number];
  readonly modulesToSave?: readonly string[];
  /** A file with any field of PEFT's LoraConfig. */
  readonly loraConfig?: string;
  /** Whether what is left open is as PEFT and transformers' Trainer have it. */
  readonly likePeft?: boolean;

  readonly addTokens?: readonly string[];
  /** A file with a token a line. */
  readonly addTokensFile?: string;
  readonly addAsSpecial?: boolean;

  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly batchTokens?: number;
  readonly accumulate: number;
  readonly learningRate?: number;
  readonly schedule: (typeof schedules)[number];
  readonly warmupSteps?: number;
  readonly warmupRatio?: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** How many blocks share a checkpoint; `true`: each has its own. */
  readonly gradientCheckpointing?: true | number;
  /** Absent: false, or as the run to go on with began. */
  readonly groupByLength?: boolean;
  readonly seed: number;
  readonly evalEvery?: number;
  readonly saveEvery?: number;
}

/** What lists have in a recipe, where one is enough. */
type Lists = "data" | "validation" | "addTokens";

/** What a recipe says, by name; what it leaves out has the default that `lowrank train --help` tells. */
export type Recipe = { readonly [Name in Exclude<keyof RunChoices, Lists>]?: RunChoices[Name] | undefined } & {
  readonly data: string | readonly string[];
  readonly validation?: string | readonly string[] | undefined;
  readonly addTokens?: string | readonly string[] | undefined;
};

/** A run whose base is known. */
export type WithModel<Choices> = Choices & { readonly model: string };

/** Those that the library names alike and that the loop is not told: rows and a teacher are read before it, a folder keeps it. */
const apart: ReadonlySet<string> = new Set([
  ...["validation", "validationShare", "teacher", "betas"],
  ...["out", "overwrite", "resume", "saveEvery", "keep", "tensorBoard", "report", "verifyBase"],
]);

/** Those that say how rows become tokens and how the loop goes, as the library takes them; the rest as the folder's run began. */
export function trainingOptions(choices: RunChoices, { asBegun }: Pick<RunFolder, "asBegun">): TrainingOptions {
  const alike = Object.entries(choices).filter(([name]) => Object.hasOwn(trainingNames, name) && !apart.has(name));
  const said: TrainingOptions = {
    ...Object.fromEntries(alike),
    ...given(loopChoices(choices)),
    ...given(comparisonChoices(choices)),
  };
  return goingOn(asBegun.options, { ...(choices.likePeft === true ? likeTrainer : {}), ...given(said) }, choices);
}
