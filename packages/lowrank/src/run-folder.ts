// The folder of a run: the host's part of the training loop. Web pages have none.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { WarningListener } from "@lowrank/contracts";
import type { Example, ImagePreparation } from "@lowrank/data";
import type { RowList, TokenizedExample } from "@lowrank/data/internal";
import type { TrainingEvent, TrainingState } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import type { MetricName } from "./metric-names.ts";
import type { Notices } from "./notices.ts";
import type { OpenedBase } from "./open/open-base.ts";
import type { RowLengths } from "./open/position-limit.ts";

/** Checkpoint retention in a run's folder. */
export interface CheckpointRetention {
  /** Whether to keep the best validation's checkpoint during the run; the finished adapter is the best in any case. Default true. */
  readonly best?: boolean | undefined;
  /** Number of last checkpoints; default 3. */
  readonly last?: number | undefined;
}

/** How to lock a folder. */
export interface RunRequest {
  /** Replaces the output of an earlier run. */
  readonly overwrite?: boolean | undefined;
  /** Resumes the run in the folder. */
  readonly resume?: boolean | undefined;
  /** Inputs of the run, which the folder must not contain. */
  readonly inputs: readonly (string | undefined)[];
  /** With several processes, the first one locks the folder and informs the others. */
  readonly communicator?: Communicator | undefined;
  /** Called for each damaged checkpoint, which is skipped. */
  readonly onWarning?: WarningListener | undefined;
}

/** The images and recordings of rows. */
export interface RowMedia {
  /** Image preprocessing; undefined without images. */
  readonly preparation: ImagePreparation | undefined;
  /** A row with pixels or audio instead of a file. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  open(row: TokenizedExample): Promise<TokenizedExample>;
  /** The rows; each image of a conversation has the tokens that the model reads. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  worded(rows: RowList<Example>): Promise<RowList<Example>>;
  /** The bytes of a file, by name or from memory. Throws MEDIA_UNREADABLE. */
  bytes(file: string | Uint8Array | Blob): Promise<Uint8Array>;
  /** Receives the progress of reading all files. */
  readonly notices: Pick<Notices, "count">;
}

/** The order of rows, unless it is random. */
export type RowOrder = "by length" | "without the last batch";

/** The facts of a run; a difference in any of them makes it another run. */
export interface RunFacts {
  /** Fingerprint of the base. */
  readonly base: string;
  readonly basePrecision: string;
  /** In rows, or in tokens: "4096 tokens". */
  readonly batchSize: number | string;
  readonly seed: number;
  /** All rows, or a sample if they are tokenized when drawn. */
  readonly rows: RowList<TokenizedExample>;
  /** The examples that are tokenized when drawn, and their maximum length. */
  readonly texts?: { readonly rows: RowList<Example>; readonly lengths: RowLengths } | undefined;
  /** Reads the images and recordings of rows. */
  readonly media?: RowMedia | undefined;
  /** Part of the data that was held out; 0 for none. */
  readonly heldOut: number;
  /** The metric that decides which validation is best. */
  readonly bestBy: MetricName;
  readonly addedTokens: readonly string[];
  /** Number of batches for an initialization that uses data. */
  readonly initBatches?: number | undefined;
  readonly adapter: LoraConfig;
  /** Seed of a new adapter, if it is not the run's seed. */
  readonly adapterSeed?: number | undefined;
  readonly order?: readonly RowOrder[] | undefined;
  /** The loss in words, if it is not the model's own. */
  readonly learning?: { readonly kind: string; readonly words: string } | undefined;
  /** Options that change the result, by the names in messages. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The base's files, and whether to verify every byte of them. */
export interface BaseFiles extends Pick<OpenedBase, "path" | "folder"> {
  /** False: only samples are compared, and files whose hashes the earlier run saved. */
  readonly verifyBase: boolean;
}

/** The folder's options for the loop. */
interface KeptLoop {
  readonly fingerprint: string;
  readonly resumeFrom: TrainingState | undefined;
  readonly checkpoint: {
    readonly every: number;
    readonly atBest: boolean;
    save(state: TrainingState): Promise<void>;
  };
}

/** Progress of a run at the time of its report. */
export interface ReportTime {
  /** Lines of metrics.jsonl. */
  readonly metrics: readonly string[];
  readonly stepsDone: number;
  readonly isOver: boolean;
  /** The step of the adapter. */
  readonly adapterStep: number;
  /** A description of the machine. */
  readonly machine: readonly (readonly [name: string, value: string])[];
}

/** A run that is ready to start. */
export interface RunToKeep {
  readonly adapter: {
    readonly opened: Pick<OpenedBase, "handle">;
    files(
      at: Pick<ReportTime, "stepsDone" | "isOver" | "adapterStep">,
    ): Promise<ReadonlyMap<string, string | Uint8Array>>;
  };
  /** Read after a NaN or infinite loss, to find out whether the base is the cause. */
  readonly base: Pick<OpenedBase, "model">;
  /** From `identify`. */
  readonly fingerprint: string;
  readonly totalSteps: number;
  /** Save interval. Default: only at the end, or when the run is stopped. */
  readonly saveEvery?: number | undefined;
  readonly keepCheckpoints?: CheckpointRetention | undefined;
  readonly tensorBoard?: boolean | undefined;
  /** Creates report.html; undefined without a report. */
  readonly report?: ((at: ReportTime) => Promise<string>) | undefined;
  /** Early stopping after this many validations without improvement. */
  readonly patience?: number | undefined;
  loop(kept: KeptLoop): AsyncGenerator<TrainingEvent, void, undefined>;
}

/** The adapter of the best validation, from an earlier step than the last. */
export interface BestCheckpoint {
  readonly step: number;
  /** The metric that decides which validation is best. */
  readonly value: number;
  /** The run's folder, or a checkpoint in it if the run began with a version that did not keep the best. */
  readonly path: string;
}

/** Defaults of a resumed run; all undefined for a new run. */
export interface InitialSettings {
  readonly options: {
    readonly groupByLength?: boolean;
    readonly tokenizeWhenDrawn?: boolean;
    readonly batchSize?: number;
    readonly learningRate?: number;
    readonly steps?: number;
    readonly validationShare?: number;
    readonly bestBy?: MetricName;
  };
  readonly adapter: Pick<Partial<LoraConfig>, "rank" | "alpha" | "targetModules">;
}

/** A folder that is locked for one run. */
export interface RunFolder {
  /** The state to resume from, if any. */
  readonly resumeFrom: TrainingState | undefined;
  /** The settings of the resumed run when it started, as far as its checkpoint has them. */
  readonly initial: InitialSettings;
  /** Step of the run when the folder was written; undefined: nothing was written. */
  readonly savedStep: number | undefined;
  /** The best adapter of a finished run, if it is not the last step's. */
  readonly bestCheckpoint: BestCheckpoint | undefined;
  /** The fingerprint of a run. Throws RESUME_MISMATCH if the run to resume has another one. */
  identify(facts: RunFacts, base: BaseFiles): Promise<string>;
  /**
   * The loop's events, while the folder is written: every `saveEvery` steps, at the end, when the run is stopped, and when it
   * diverges. Throws DivergedError for a value that is not finite, after saving the last finite adapter; NonFiniteModelError if the
   * base is the cause.
   */
  keep(run: RunToKeep): AsyncGenerator<TrainingEvent, void, undefined>;
  release(): Promise<void>;
}
