// The page's part about whole jobs: every program and precision with which each job was done, and where its seconds went.

import { describeGap, isJob, qualityText, stepsText } from "../jobs/describe-job.ts";
import { jobPhases } from "../jobs/job-lines.ts";
import type { JobResult } from "../jobs/job-result.ts";
import type { Result } from "../result.ts";
import { tableRow } from "./tables.ts";

/** A table for each job that was measured. */
export function jobSection(results: readonly Result[]): readonly string[] {
  const jobs = results.filter(isJob);
  if (jobs.length === 0) return [];
  return [
    "The next tables show where the seconds of each job go. Each round has a seed of its own. Loss and accuracy are those of the validation rows",
    "at the end, with the standard error of the mean if there are several rounds.",
    "",
    ...jobs.flatMap(jobTable),
  ];
}

function jobTable(job: JobResult): readonly string[] {
  const { name, ways, data, rounds, processor, date, qualityGaps = [] } = job;
  const head = ["program", "seconds", ...jobPhases, "MB", "loss", "accuracy"];
  return [
    `### ${name}: ${stepsText(job)} on ${data === "real" ? "real" : "made-up"} rows`,
    "",
    `${processor}; ${date.slice(0, 10)}; ${rounds} ${rounds === 1 ? "round" : "rounds"}`,
    "",
    tableRow(head),
    tableRow(head.map(() => "---")),
    ...ways.map(({ trainer, precision, seconds, phases, rssMb, loss, accuracy }) =>
      tableRow([
        `${trainer} in ${precision}`,
        ...[seconds, ...jobPhases.map((phase) => phases[phase])].map((value) => value.toFixed(1)),
        rssMb.toFixed(0),
        qualityText(loss),
        accuracy === undefined ? "–" : qualityText(accuracy),
      ]),
    ),
    "",
    ...qualityGaps.map((gap) => `- ${describeGap(gap)}`),
    ...(qualityGaps.length > 0 ? [""] : []),
  ];
}
