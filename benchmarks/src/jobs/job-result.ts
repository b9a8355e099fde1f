// What one job showed, as it is kept under results/: a result like the others, with every way to do it beside it.

import type { Result } from "../result.ts";
import type { JobPhase } from "./job-lines.ts";
import type { Way } from "./jobs.ts";

/** The mean over seeds; its standard error needs two of them. */
export interface Quality {
  readonly mean: number;
  readonly standardError?: number;
}

export interface WayResult extends Way {
  /** Medians over the rounds. */
  readonly seconds: number;
  readonly rssMb: number;
  readonly phases: Readonly<Record<JobPhase, number>>;
  readonly loss: Quality;
  readonly accuracy?: Quality;
}

export interface JobResult extends Result {
  /** Whether the rows were of the data set, or made up in its lengths. */
  readonly data: "real" | "stand-in";
  readonly steps: number;
  readonly ways: readonly WayResult[];
  /** Ours at the recommended setting is no worse than the peer's best in float32 by more than the standard error of their difference. */
  readonly qualityMet?: boolean;
}
