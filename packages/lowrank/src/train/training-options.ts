// Training options, for the library's `train` and the flags of the command line.

import type { WarningListener } from "@lowrank/contracts";
import type { TrainingState } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import type { DistillationSettings } from "../objectives/distillation/distillation.ts";
import type { ComparisonOptions, EmbeddingOptions } from "../objectives/embeddings/embeddings.ts";
import type { PreferenceOptions } from "../objectives/preferences/learn-preferences.ts";
import type { RewardOptions } from "../objectives/rewards/reward-settings.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { adapterOptions } from "../options/adapter-options.ts";
import type { fileOptions } from "../options/file-options.ts";
import { loopDefaults } from "../options/loop-defaults.ts";
import type { libraryOptions, loopOptions } from "../options/loop-options.ts";
import type { OptionValues } from "../options/option-table.ts";
import type { CheckpointRetention, InitialSettings } from "../run-folder.ts";
import type { RunDefaults } from "./run-defaults.ts";

type FileRows = typeof fileOptions.rows;
type LoopRows = typeof loopOptions.rows;
type LibraryRows = typeof libraryOptions.rows;

/** Options of tokenizing rows. */
export interface RowOptions
  extends OptionValues<Pick<FileRows, "template" | "maxLength" | "maxTargetLength" | "classNames">>,
    OptionValues<Pick<LibraryRows, "tokenizeWhenDrawn">>,
    ComparisonOptions,
    EmbeddingOptions,
    PreferenceOptions,
    RewardOptions,
    DistillationSettings {}

/** Options of the training loop. */
export interface LoopOptions
  extends OptionValues<Omit<LoopRows, "saveEvery" | "keepCheckpoints" | "tensorBoard" | "report">>,
    OptionValues<Pick<LibraryRows, "dropLast" | "evalAtStart" | "watchRate">>,
    OptionValues<Pick<typeof adapterOptions.rows, "initBatches">> {}

/** Options for stopping, checkpoints and several processes. */
export interface RunOptions {
  /** Ends the run after the current step, or during a validation; the last event has the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Saves the state every N steps, or after steps for which the function is true, at the end, and optionally after the best validations. */
  readonly checkpoint?:
    | {
        readonly every?: number | ((step: number) => boolean);
        readonly atBest?: boolean;
        save(state: TrainingState): void | Promise<void>;
      }
    | undefined;
  /** A saved state to resume from. */
  readonly resumeFrom?: TrainingState | undefined;
  /** Identifies model, adapter and data; a state with another fingerprint is refused. */
  readonly fingerprint?: string | undefined;
  /**
   * Processes that train this adapter together, from `openCommunicator` of @lowrank/trainer/mpi. Each computes a part of
   * every batch; the adapter is the same as from one process. All need the same options; the first process writes `out`.
   */
  readonly communicator?: Communicator | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** Options of a run folder, from which an interrupted run can resume. In Node only. */
export interface KeepingOptions
  extends OptionValues<Pick<LoopRows, "saveEvery" | "tensorBoard" | "report">>,
    OptionValues<Pick<FileRows, "verifyBase">> {
  /**
   * The folder for the adapter, its checkpoints and metrics.jsonl. It is locked during the run, and refused if it exists,
   * unless `overwrite` or `resume`.
   */
  readonly out?: string | undefined;
  /** Replaces the output of an earlier run in `out`. */
  readonly overwrite?: boolean | undefined;
  /** Continues the interrupted run in `out` exactly. Another model, adapter or data is refused. */
  readonly resume?: boolean | undefined;
  /** Checkpoint retention. With `best: true`, each best validation saves a checkpoint, even without `saveEvery`. */
  readonly keepCheckpoints?: CheckpointRetention | undefined;
}

/** Options with all defaults. */
export type SettledOptions<Options extends LoopOptions> = Options & {
  readonly [Name in keyof typeof loopDefaults | "batchSize" | "learningRate" | "bestBy"]: NonNullable<
    LoopOptions[Name]
  >;
} & Pick<RunDefaults, "minSteps" | "maxEpochs">;

/** The options with all defaults, those of the run among them. */
export function settled<Options extends LoopOptions>(
  { defaults }: { readonly defaults: RunDefaults },
  options: Options,
): SettledOptions<Options> {
  const { reasons: _, ...ofRun } = defaults;
  // Options that are not set have their defaults, as the type requires.
  return { ...loopDefaults, ...ofRun, ...omitUndefined(options) } as unknown as SettledOptions<Options>;
}

/** The options of a resumed run; options that are not set have the values of the run. */
export function resumedOptions<Options extends LoopOptions>(
  { steps, batchSize, bestBy, ...begun }: InitialSettings["options"],
  options: Options,
  rows: { readonly validation?: unknown; readonly validationShare?: number | undefined },
) {
  const length = options.epochs === undefined ? { steps } : {};
  const size = options.batchTokens === undefined ? { batchSize } : {};
  const isValidated = rows.validation !== undefined || (rows.validationShare ?? begun.validationShare ?? 0) > 0;
  const judge = isValidated ? { bestBy } : {};
  const watchRate = options.learningRate === undefined;
  return { ...begun, watchRate, ...omitUndefined({ ...length, ...size, ...judge }), ...omitUndefined(options) };
}
