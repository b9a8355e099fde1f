// A benchmark: the work, the programs that do it, and what it has to show.

import type { Turn } from "./harness/interleave.ts";
import type { Settings } from "./settings.ts";

/** A child process. */
export interface Side {
  /** Whose work it is. */
  readonly by: "lowrank" | "PEFT" | "TRL" | "transformers" | "nanogpt";
  /** A file below src/ (ours, nanogpt) or peers/ (Python). */
  readonly program: string;
  readonly settings: Omit<Settings, "tiny" | "threads">;
  /** The only engine that this benchmark is about. */
  readonly engine?: string;
}

/** Two things that are timed, and the largest ratio that is aimed at. */
export interface Comparison {
  readonly label: string;
  readonly ours: Turn;
  readonly peer: Turn;
  /** Target for the ratio of milliseconds, ours : peer. Absent if the time is only reported. */
  readonly timeTarget?: number;
}

export interface Benchmark {
  readonly name: string;
  /** One line for people. */
  readonly work: string;
  readonly sides: Readonly<Record<string, Side>>;
  /** The work of `sides.peer` with other settings. Each is warmed by the first comparison; the fastest counts as "peer". */
  readonly otherPeers?: readonly Side[];
  /** The first one gives the result its name. */
  readonly comparisons: readonly [Comparison, ...Comparison[]];
  /** Target for the ratio of peak resident memory, ours : peer. */
  readonly memoryTarget?: number;
  /** Target for the ratio of the most that tensors occupied, ours : peer. */
  readonly tensorTarget?: number;
  /** Smallest share of the speed of large matrix products. */
  readonly productTarget?: number;
  /** Target for the ratio of the bytes of gradients and optimizer, ours : peer. */
  readonly stateTarget?: number;
  /**
   * Whether the peer keeps a frozen copy of what it trains. The memory target then is to be reached without that copy,
   * which another program for full fine-tuning would not need.
   */
  readonly peerKeepsCopy?: boolean;
  /**
   * Whether the disk is to have everything before each turn: who waits for the disk would otherwise wait for what the other
   * side wrote and left to the system.
   */
  readonly settlesDisk?: boolean;
  /** Work of ours that has no operations to profile is timed in these parts. */
  readonly phases?: readonly { readonly label: string; readonly step: string }[];
  /** Why it cannot be measured yet. */
  readonly missing?: string;
}
