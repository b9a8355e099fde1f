// A job's result as lines for people.

import type { Result } from "../result.ts";
import { jobPhases } from "./job-lines.ts";
import type { JobResult, Quality, QualityGap } from "./job-result.ts";

/** One line for each way: time, memory, quality, and where the time went; then how ours compare in quality. */
export function describeJob(job: JobResult): readonly string[] {
  const { ways, data, qualityGaps = [] } = job;
  const lines = ways.map(({ trainer, precision, seconds, rssMb, phases, loss, accuracy }) => {
    const quality = `loss ${qualityText(loss)}${accuracy === undefined ? "" : `, accuracy ${qualityText(accuracy)}`}`;
    const parts = jobPhases.map((phase) => `${phase} ${phases[phase].toFixed(1)}`).join(", ");
    return `${trainer} in ${precision}: ${seconds.toFixed(1)} s (${parts}); ${rssMb.toFixed(0)} MB; ${quality}`;
  });
  return [
    `${stepsText(job)} on ${data === "real" ? "real rows" : "made-up rows of the same lengths"}`,
    ...lines,
    ...qualityGaps.map(describeGap),
  ];
}

/** "60 steps", or "4 of 30 steps" where the job was shortened. */
export function stepsText({ steps, shortenedFrom }: JobResult): string {
  return `${steps}${shortenedFrom === undefined ? "" : ` of ${shortenedFrom}`} steps`;
}

/** Whether ours is as good as the peer, in words. */
export function describeGap({ precision, quality, worseBy, standardError, isAsGood }: QualityGap): string {
  const isHigher = worseBy > 0 === (quality === "loss");
  const difference = `${Math.abs(worseBy).toFixed(4)} ${isHigher ? "higher" : "lower"} than PEFT's in float32`;
  const allowed = `the standard error of the difference (${standardError.toFixed(4)})`;
  return `mean ${quality} in ${precision}: ${difference}, ${isAsGood ? "not worse" : "worse"} by more than ${allowed}`;
}

/** Mean and standard error. */
export function qualityText({ mean, standardError }: Quality): string {
  return `${mean.toFixed(4)}${standardError === undefined ? "" : ` ± ${standardError.toFixed(4)}`}`;
}

export function isJob(result: Result): result is JobResult {
  return "ways" in result;
}

/** The note for a job that was shortened; empty for every other result. */
export function shortenedNote(result: Result): string {
  return !isJob(result) || result.shortenedFrom === undefined ? "" : ` (measured with ${stepsText(result)})`;
}
