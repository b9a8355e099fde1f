// What a finished training says of its best validation: a run that ends worse than it was must not look like a good one.

import type { BestEvaluation } from "@lowrank/trainer";
import type { BestCheckpoint } from "../../run-folder.ts";
import { formatNumber } from "../terminal/format.ts";

/** What is known at the end. */
export interface BestFacts {
  readonly out: string;
  /** What validations are judged by, in words. */
  readonly label: string;
  readonly lastStep: number;
  readonly best: BestEvaluation | undefined;
  /** Undefined where its adapter is not there, or is the last step's. */
  readonly kept: BestCheckpoint | undefined;
}

/** The sentence; undefined where the last step's validation was the best, or there was none. */
export function describeBest({ out, label, lastStep, best, kept }: BestFacts): string | undefined {
  if (best === undefined || best.step >= lastStep) return undefined;
  const value = formatNumber(best.value);
  if (kept?.path === out)
    return `the best validation ${label} was ${value} after step ${kept.step}: ${out} holds the adapter of that step`;
  if (kept !== undefined)
    return `the best validation ${label} was ${value} after step ${kept.step}: that adapter is ${kept.path}`;
  if (best.step === 0)
    return (
      `the validation ${label} was best before the first step (${value}): on those rows this training was of no use, and ${out} holds ` +
      "its last step; try more rows, fewer steps or a lower --learning-rate"
    );
  return `the best validation ${label} was ${value} after step ${best.step}; its adapter is gone, for the run began under an earlier version`;
}
