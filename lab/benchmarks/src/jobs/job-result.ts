// The result of one job as it is stored under results/: like other results, with every way to do the job.

import type { Result } from "../result.ts";
import type { JobPhase } from "./job-lines.ts";
import type { Job, Precision, Way } from "./jobs.ts";

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

/** How far one of our ways is from the peer's best in float32, by means over the seeds. */
export interface QualityGap {
  readonly precision: Precision;
  readonly quality: Job["quality"];
  /** By how much loss is higher or accuracy lower; below 0 ours is better. */
  readonly worseBy: number;
  /** The standard error of that difference. */
  readonly standardError: number;
  /** Whether ours is not worse by more than the standard error. */
  readonly isAsGood: boolean;
}

export interface JobResult extends Result {
  /** Whether the rows were of the data set, or made up in its lengths. */
  readonly data: "real" | "stand-in";
  readonly steps: number;
  /** The recipe's steps, where the job was made shorter than it is: then it is another job, and shows nothing of the targets. */
  readonly shortenedFrom?: number;
  readonly ways: readonly WayResult[];
  /** Absent with one seed, because the spread is unknown. */
  readonly qualityGaps?: readonly QualityGap[];
}
