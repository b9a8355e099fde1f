// A job's result as lines for people.

import { jobPhases } from "./job-lines.ts";
import type { JobResult, Quality } from "./job-result.ts";

/** One line for each way: time, memory, quality, and where the time went. */
export function describeJob({ ways, data, steps }: JobResult): readonly string[] {
  const lines = ways.map(({ trainer, precision, seconds, rssMb, phases, loss, accuracy }) => {
    const quality = `loss ${told(loss)}${accuracy === undefined ? "" : `, accuracy ${told(accuracy)}`}`;
    const parts = jobPhases.map((phase) => `${phase} ${phases[phase].toFixed(1)}`).join(", ");
    return `${trainer} in ${precision}: ${seconds.toFixed(1)} s (${parts}); ${rssMb.toFixed(0)} MB; ${quality}`;
  });
  return [`${steps} steps on ${data === "real" ? "real rows" : "made-up rows of the same lengths"}`, ...lines];
}

/** Mean and standard error. */
export function told({ mean, standardError }: Quality): string {
  return `${mean.toFixed(4)}${standardError === undefined ? "" : ` ± ${standardError.toFixed(4)}`}`;
}
