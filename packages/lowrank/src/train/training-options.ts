// How an adapter is trained: what the library's `train` is told, and what the command line's flags become.

import type { WarningListener } from "@lowrank/contracts";
import type { TrainingState } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import { given } from "../given.ts";
import type { DistillationChoices } from "../objectives/distillation/distillation.ts";
import type { ComparisonOptions } from "../objectives/embeddings/embeddings.ts";
import type { PreferenceOptions } from "../objectives/preferences/learn-preferences.ts";
import type { adapterOptions } from "../options/adapter-options.ts";
import type { fileOptions } from "../options/file-options.ts";
import { loopDefaults } from "../options/loop-defaults.ts";
import type { libraryOptions, loopOptions } from "../options/loop-options.ts";
import type { Given } from "../options/option-table.ts";
import type { BegunRun, KeptCheckpoints } from "../run-folder.ts";
import type { RunDefaults } from "./run-defaults.ts";

type FileRows = typeof fileOptions.rows;
type LoopRows = typeof loopOptions.rows;
type LibraryRows = typeof libraryOptions.rows;

/** How rows become tokens. */
export interface RowOptions
  extends Given<Pick<FileRows, "template" | "maxLength" | "maxTargetLength" | "classNames">>,
    Given<Pick<LibraryRows, "tokenizeWhenDrawn">>,
    ComparisonOptions,
    PreferenceOptions,
    DistillationChoices {}

/** How long to train, how fast, and on what at once. */
export interface LoopOptions
  extends Given<Omit<LoopRows, "saveEvery" | "keepCheckpoints" | "tensorBoard" | "report">>,
    Given<Pick<LibraryRows, "dropLast" | "evalAtStart" | "watchRate">>,
    Given<Pick<typeof adapterOptions.rows, "initBatches">> {}

/** What happens around the loop. */
export interface RunOptions {
  /** Ends the run after its step, or within a validation; the last event says so. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the state every so many steps, after the best validations if asked, and at the end. */
  readonly checkpoint?:
    | { readonly every?: number; readonly atBest?: boolean; save(state: TrainingState): void | Promise<void> }
    | undefined;
  /** A kept state to go on from. */
  readonly resumeFrom?: TrainingState | undefined;
  /** What is trained on what; a state with another one is refused. */
  readonly fingerprint?: string | undefined;
  /**
   * Processes that train this adapter together, as `openCommunicator` of @lowrank/trainer/mpi gives them: each computes its share of
   * every batch, and the adapter is that of one process with the same options. All must be told the same; the first one keeps `out`.
   */
  readonly communicator?: Communicator | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** How a run keeps itself in a folder, so that it survives whatever ends it. In Node only. */
export interface KeepingOptions
  extends Given<Pick<LoopRows, "saveEvery" | "tensorBoard" | "report">>,
    Given<Pick<FileRows, "verifyBase">> {
  /**
   * The folder for the adapter, its checkpoints and metrics.jsonl; locked while the run goes on, and refused if it exists,
   * unless `overwrite` or `resume`.
   */
  readonly out?: string | undefined;
  /** Replaces what an earlier run wrote to `out`. */
  readonly overwrite?: boolean | undefined;
  /** Goes on with the interrupted run in `out`, as if it had never stopped; another model, adapter or rows are refused. */
  readonly resume?: boolean | undefined;
  /** Which checkpoints stay. With `best: true`, a checkpoint is saved after each best validation without `saveEvery`, too. */
  readonly keepCheckpoints?: KeptCheckpoints | undefined;
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
  // What is not given has its default, which the type says.
  return { ...loopDefaults, ...ofRun, ...given(options) } as unknown as SettledOptions<Options>;
}

/** The options of a resumed run: what they leave open is as the run began. */
export function goingOn<Options extends LoopOptions>(
  { steps, batchSize, bestBy, ...begun }: BegunRun["options"],
  options: Options,
  rows: { readonly validation?: unknown; readonly validationShare?: number | undefined },
) {
  const length = options.epochs === undefined ? { steps } : {};
  const size = options.batchTokens === undefined ? { batchSize } : {};
  const isValidated = rows.validation !== undefined || (rows.validationShare ?? begun.validationShare ?? 0) > 0;
  const judge = isValidated ? { bestBy } : {};
  const watchRate = options.learningRate === undefined;
  return { ...begun, watchRate, ...given({ ...length, ...size, ...judge }), ...given(options) };
}
