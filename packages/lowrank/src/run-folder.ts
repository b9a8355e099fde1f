// A run that keeps itself in a folder: what a host that has folders does for the loop. A page has none.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { WarningListener } from "@lowrank/contracts";
import type { Example, ImagePreparation, RowList, TokenizedExample } from "@lowrank/data";
import type { TrainingEvent, TrainingState } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import type { MetricName } from "./metric-names.ts";
import type { Notices } from "./notices.ts";
import type { OpenedBase } from "./open/open-base.ts";
import type { RowLengths } from "./open/position-limit.ts";

/** Which checkpoints stay in a run's folder. */
export interface KeptCheckpoints {
  /** Whether that of the best validation does during the run; the finished adapter is the best's in any case. Default true. */
  readonly best?: boolean | undefined;
  /** How many of the last; default 3. */
  readonly last?: number | undefined;
}

/** How a folder is claimed. */
export interface RunRequest {
  /** Replaces what an earlier run wrote. */
  readonly overwrite?: boolean | undefined;
  /** Goes on with the run in the folder. */
  readonly resume?: boolean | undefined;
  /** Paths that the run reads, which the folder must not hold. */
  readonly inputs: readonly (string | undefined)[];
  /** Of several processes that train as one: the first of them claims the folder, and tells the others. */
  readonly communicator?: Communicator | undefined;
  /** Told of each checkpoint that is damaged and passed over. */
  readonly onWarning?: WarningListener | undefined;
}

/** The pictures and recordings of rows. */
export interface RowMedia {
  /** How pictures become what the model reads; undefined where there are none. */
  readonly preparation: ImagePreparation | undefined;
  /** A row with pixels or sounds in place of a file. Throws MediaError, DECODER_MISSING. */
  open(row: TokenizedExample): Promise<TokenizedExample>;
  /** The bytes of a file, by its name or in hands. Throws MediaError. */
  bytes(file: string | Uint8Array | Blob): Promise<Uint8Array>;
  /** Who is told how far reading all of them is. */
  readonly notices: Pick<Notices, "count">;
}

/** How rows are ordered, where it is not as they come by chance. */
export type RowOrder = "by length" | "without the last batch";

/** What a run consists of: all that would silently make another run of it. */
export interface RunFacts {
  /** Fingerprint of the base. */
  readonly base: string;
  readonly basePrecision: string;
  /** In rows, or in tokens: "4096 tokens". */
  readonly batchSize: number | string;
  readonly seed: number;
  /** All of them, or a sample where they become tokens when they are drawn. */
  readonly rows: RowList<TokenizedExample>;
  /** What such rows are made of, and after how many tokens they are cut. */
  readonly texts?: { readonly rows: RowList<Example>; readonly lengths: RowLengths } | undefined;
  /** Who reads the pictures and recordings that rows name. */
  readonly media?: RowMedia | undefined;
  /** Which share of the data was held out; 0 for none. */
  readonly heldOut: number;
  /** The metric that decides which validation is best. */
  readonly bestBy: MetricName;
  readonly addedTokens: readonly string[];
  /** How many batches the start looks at, where it looks at data. */
  readonly initBatchesOf?: number | undefined;
  readonly adapter: LoraConfig;
  /** Seeds a new adapter, where it is not the run's seed. */
  readonly adapterSeed?: number | undefined;
  readonly order?: readonly RowOrder[] | undefined;
  /** How rows are learnt whose loss is not the model's own. */
  readonly learning?: { readonly kind: string; readonly words: string } | undefined;
  /** Options that change what is learnt, by the names that a refusal uses. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where the base's files are, and whether every byte of them counts. */
export interface BaseFiles extends Pick<OpenedBase, "path" | "folder"> {
  /** False: samples count, and those files whose hashes the earlier run noted. */
  readonly verifyBase: boolean;
}

/** What the loop is told by the folder. */
interface KeptLoop {
  readonly fingerprint: string;
  readonly resumeFrom: TrainingState | undefined;
  readonly checkpoint: {
    readonly every: number;
    readonly atBest: boolean;
    save(state: TrainingState): Promise<void>;
  };
}

/** How far a run is when its report is written. */
export interface ReportTime {
  /** Lines of metrics.jsonl. */
  readonly metrics: readonly string[];
  readonly stepsDone: number;
  readonly isOver: boolean;
  /** The step that the adapter is of. */
  readonly adapterStep: number;
  /** The machine in words. */
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
  /** Read where a loss is not finite, to say whether the base is to blame. */
  readonly base: Pick<OpenedBase, "model">;
  /** As `identify` gave it. */
  readonly fingerprint: string;
  readonly totalSteps: number;
  /** Default: only at the end, or when it is stopped. */
  readonly saveEvery?: number | undefined;
  readonly keepCheckpoints?: KeptCheckpoints | undefined;
  readonly tensorBoard?: boolean | undefined;
  /** Makes report.html; absent where none is asked for. */
  readonly report?: ((at: ReportTime) => Promise<string>) | undefined;
  /** After how many validations that are no better the run is over. */
  readonly patience?: number | undefined;
  loop(kept: KeptLoop): AsyncGenerator<TrainingEvent, void, undefined>;
}

/** The adapter of an earlier step than the last, whose validation was the best of all. */
export interface BestCheckpoint {
  readonly step: number;
  /** Of what validations are judged by. */
  readonly value: number;
  /** The run's folder itself, or a checkpoint in it where the run began under a version that did not keep the best. */
  readonly path: string;
}

/** What a resumed run does where its options leave it open; all absent for a new run. */
export interface BegunRun {
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

/** A folder that is claimed for one run until it is released. */
export interface RunFolder {
  /** Where the run goes on, if it does. */
  readonly resumeFrom: TrainingState | undefined;
  /** What the resumed run was given or chose when it started, as far as its checkpoint says. */
  readonly asBegun: BegunRun;
  /** How many steps the run had made when the folder was written; undefined: nothing was written. */
  readonly savedStep: number | undefined;
  /** Of a finished run, where it is not the last step's. */
  readonly bestCheckpoint: BestCheckpoint | undefined;
  /** The fingerprint of a run. Throws ResumeMismatchError where the run to go on with was another one. */
  identify(facts: RunFacts, base: BaseFiles): Promise<string>;
  /**
   * The loop's events, while the folder is written: as often as `saveEvery` says, at the end, when it is stopped, and when it
   * diverges. Throws DivergedError where a number is not finite, the last finite adapter kept; NonFiniteModelError where the
   * base is to blame.
   */
  keep(run: RunToKeep): AsyncGenerator<TrainingEvent, void, undefined>;
  release(): Promise<void>;
}
