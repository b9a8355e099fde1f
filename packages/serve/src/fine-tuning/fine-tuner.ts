// The interface of a program that fine-tunes the served model. `lowrank serve` starts `lowrank train` in a process of its own.

export type FineTuneMethod = "supervised" | "dpo" | "reinforcement";

/** `beta` only with DPO; `compute_multiplier`, a factor of the number of completions of each prompt, only with reinforcement. */
type Hyperparameter = "n_epochs" | "batch_size" | "learning_rate_multiplier" | "beta" | "compute_multiplier";

/** A job to run. All paths are the server's own. */
export interface FineTuneJob {
  readonly method: FineTuneMethod;
  /** The grader of a reinforcement job: an object that `checkGrader` has accepted. */
  readonly grader?: Readonly<Record<string, unknown>> | undefined;
  /** Uploaded JSON Lines, which `check` has accepted. */
  readonly training: string;
  readonly validation?: string | undefined;
  /** The folder of an adapter to continue; undefined: a new adapter. */
  readonly from?: string | undefined;
  /** Where to work. The finished adapter is the folder `adapter` in it. An interrupted run in it is resumed; a finished one is the result. */
  readonly folder: string;
  readonly seed: number;
  /** With OpenAI's names and meaning; a missing one ("auto"): the program's default. */
  readonly hyperparameters: Readonly<Partial<Record<Hyperparameter, number>>>;
}

/** Progress of a job. An evaluation has validation metrics. Only a finished run has an `end`. */
export type FineTuneEvent =
  | { readonly type: "start"; readonly step: number; readonly steps: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly steps: number;
      readonly loss: number | null;
      /** Reinforcement: the mean reward of the step's completions. */
      readonly reward?: number;
      readonly tokens: number;
      readonly secondsLeft: number;
    }
  | {
      readonly type: "evaluation";
      readonly step: number;
      readonly loss: number | null;
      readonly accuracy?: number;
      readonly reward?: number;
    }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "end" };

/** A job that runs. */
export interface FineTuneRun {
  /** Ends when the run has ended or stopped; throws an error with a reason if it failed. */
  readonly events: AsyncIterable<FineTuneEvent>;
  /** "pause" saves the run so that it can be resumed, "cancel" ends it at once. */
  stop(how: "pause" | "cancel"): void;
}

/** Fine-tunes the served model. */
export interface FineTuner {
  /** The method that a file's rows are for. Throws an error that names the lines that cannot be used. */
  check(file: { readonly name: string; readonly path: string }): Promise<FineTuneMethod>;
  /** Throws an error that says why a grader of a reinforcement job is not supported. Without this member there are no such jobs. */
  checkGrader?(grader: Readonly<Record<string, unknown>>): void;
  start(job: FineTuneJob): FineTuneRun;
}

/** Where the fine-tuning API keeps files and jobs, and what runs them. */
export interface FineTuning {
  /** The caller makes sure that no other server uses it. */
  readonly folder: string;
  readonly tuner: FineTuner;
  /** Maximum bytes of an upload; default 100 MiB. All uploads without an answer may have four times as many. */
  readonly maxFileBytes?: number | undefined;
  /** Maximum number of stored files; default 1000. */
  readonly maxFiles?: number | undefined;
  /** Maximum bytes of all stored files; default 10 GiB. */
  readonly maxStoredBytes?: number | undefined;
}
