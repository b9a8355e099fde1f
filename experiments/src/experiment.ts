// What an experiment is to the command.

export interface Experiment {
  readonly name: string;
  /** One line for people. */
  readonly work: string;
  run(options: ExperimentOptions): Promise<void>;
}

/** What a run of an experiment is told. */
export interface ExperimentOptions {
  readonly seeds: readonly number[];
  /** Names of methods – of `defaults`: of tasks –, in the order in which they run; absent: all. */
  readonly only?: readonly string[];
  /** Train on so many rows alone, to see whether it works: nothing is kept then. */
  readonly rows?: number;
  /** Train so many; absent: as many as the task has. */
  readonly epochs?: number;
  /** Whether training drops out; absent: no. */
  readonly dropout?: boolean;
  log(line: string): void;
}
