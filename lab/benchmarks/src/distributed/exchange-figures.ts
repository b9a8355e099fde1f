// The further settings of the benchmark's processes, and their results.

import type { ExchangeTime } from "@lowrank/trainer/mpi";

export interface ExchangeOrder {
  readonly warmUp: number;
  readonly measured: number;
  /** Lengths of arrays whose sum is timed by itself. */
  readonly lengths: readonly number[];
  /** A folder for files by which the processes mark their progress. */
  readonly folder: string;
}

export interface ExchangeFigures {
  readonly ranks: number;
  /** Numbers that are trained, and exchanged in each step. */
  readonly trained: number;
  /** Milliseconds of each round: one process while the others sleep, all without and all with the exchange. */
  readonly taken: Readonly<Record<"alone" | "apart" | "together", readonly number[]>>;
  readonly exchange: readonly ExchangeTime[];
  readonly versions: Readonly<Record<string, string>>;
  readonly peakMemoryMb: number;
}
