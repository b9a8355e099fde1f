// What `lowrank train` was asked, as commander hands it over.

import { startFacts, startNames } from "@lowrank/adapter-format";
import type { ProblemType } from "@lowrank/families";
import { given } from "../../given.ts";
import type { TrainingOptions } from "../../options.ts";
import type { RunFolder } from "../../run-folder.ts";
import { type ComparisonFlags, comparisonOptions } from "../options/comparison-options.ts";
import { type DistillationFlags, distillationFlags } from "../options/distillation-options.ts";
import { type PreferenceFlags, preferenceFlags } from "../options/preference-options.ts";
import type { AdapterOptions, BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { loopChoices, type schedules, type TrainerChoices } from "../options/trainer-options.ts";
import type { VariantChoices } from "../options/variant-options.ts";

/** Heads that rows of a data file can train, by name. */
export const trainableTasks = [
  "causal-lm",
  "masked-lm",
  "sequence-to-sequence",
  "sequence-classification",
  "token-classification",
  "question-answering",
  "feature-extraction",
] as const;

/** Starts of a new pair by name: PEFT's values of `init_lora_weights`, `true` as "default". */
export const starts: readonly string[] = [
  "default",
  ...startNames.filter((name) => name !== "true" && name !== "false" && !("pattern" in startFacts[name])),
];

/** Those that look at data. */
export const measuringStarts: readonly string[] = startNames.filter((name) => "measures" in startFacts[name]);

/** Which biases of the base train. */
export const biasModes = ["none", "all", "lora_only"] as const;

/** The options of `lowrank train`; absent means: the default of the adapter, the model or the plan. */
export interface TrainOptions
  extends EngineOptions,
    Pick<AdapterOptions, "allowDifferentBase">,
    BasePrecisionOptions,
    VariantChoices,
    ComparisonFlags,
    PreferenceFlags,
    DistillationFlags,
    TrainerChoices {
  readonly model?: string;
  /** The one to go on with. */
  readonly adapter?: string;
  /** Files, patterns, data sets of the Hub or "-", whose rows follow each other. */
  readonly data: readonly string[];
  readonly out: string;
  readonly overwrite?: boolean;
  readonly resume?: boolean;
  /** Whether every byte of the base's weights counts for --resume, not samples of them. */
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

  readonly addTokens?: readonly string[];
  /** A file with a token a line. */
  readonly addTokensFile?: string;
  readonly addAsSpecial?: boolean;

  readonly epochs?: number;
  readonly steps?: number;
  /** Absent where batches are of tokens. */
  readonly batchSize?: number;
  readonly batchTokens?: number;
  readonly accumulate: number;
  readonly learningRate: number;
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

/** Those that say how rows become tokens and how the loop goes, as the library takes them; the rest as the folder's run began. */
export function trainingOptions(options: TrainOptions, { asBegun }: Pick<RunFolder, "asBegun">): TrainingOptions {
  const {
    template,
    maxLength,
    maxTargetLength,
    epochs,
    steps,
    batchSize,
    accumulate,
    learningRate,
    schedule,
    batchTokens,
  } = options;
  const { warmupSteps, warmupRatio, weightDecay, clipNorm, gradientCheckpointing, seed, evalEvery, initBatches } =
    options;
  const { groupByLength, columns, header } = options;
  return {
    ...{
      template,
      maxLength,
      maxTargetLength,
      epochs,
      steps,
      batchSize,
      accumulate,
      learningRate,
      schedule,
      batchTokens,
    },
    ...{ warmupSteps, warmupRatio, weightDecay, clipNorm, gradientCheckpointing, seed, evalEvery, initBatches },
    ...loopChoices(options),
    ...asBegun,
    ...given({ groupByLength }),
    ...comparisonOptions(options),
    ...preferenceFlags(options),
    ...distillationFlags(options),
    ...given({ columns, header }),
  };
}
