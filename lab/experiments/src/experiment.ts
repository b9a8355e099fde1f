// An experiment, as the command sees it.

export interface Experiment {
  readonly name: string;
  /** One line for people. */
  readonly work: string;
  run(options: ExperimentOptions): Promise<void>;
}

/** The options of a run of an experiment. */
export interface ExperimentOptions {
  readonly seeds: readonly number[];
  /** Names of methods – of `defaults`: of tasks –, in the order in which they run; absent: all. */
  readonly only?: readonly string[];
  /** Train on this many rows only, to see whether it works: nothing is saved then. */
  readonly rows?: number;
  /** Train this many; absent: as many as the task has. */
  readonly epochs?: number;
  /** Whether training drops out; absent: no. */
  readonly dropout?: boolean;
  log(line: string): void;
}
