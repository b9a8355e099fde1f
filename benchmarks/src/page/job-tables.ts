// The page's part about whole jobs: every way in which each was done, and where its seconds went.

import { describeGap, told, toldSteps } from "../jobs/describe-job.ts";
import { jobPhases } from "../jobs/job-lines.ts";
import type { JobResult } from "../jobs/job-result.ts";
import type { Result } from "../result.ts";

/** A table for each job that was measured; empty where none was. */
export function jobSection(results: readonly Result[]): readonly string[] {
  const jobs = results.filter(isJob);
  if (jobs.length === 0) return [];
  return [
    "## Whole jobs",
    "",
    "Seconds from the start of a process until its adapter is saved, and where they go; medians over the rounds, each of which has",
    "its own seed. Loss and accuracy are of the validation rows at the end, with the standard error of their mean where several",
    "seeds ran.",
    "",
    ...jobs.flatMap(jobTable),
  ];
}

function jobTable(job: JobResult): readonly string[] {
  const { name, ways, data, rounds, qualityGaps = [] } = job;
  const head = ["way", "seconds", ...jobPhases, "MB", "loss", "accuracy"];
  return [
    `### ${name}: ${toldSteps(job)} on ${data === "real" ? "real" : "made-up"} rows, ${rounds} ${rounds === 1 ? "round" : "rounds"}`,
    "",
    tableRow(head),
    tableRow(head.map(() => "---")),
    ...ways.map(({ trainer, precision, seconds, phases, rssMb, loss, accuracy }) =>
      tableRow([
        `${trainer} in ${precision}`,
        ...[seconds, ...jobPhases.map((phase) => phases[phase])].map((value) => value.toFixed(1)),
        rssMb.toFixed(0),
        told(loss),
        accuracy === undefined ? "–" : told(accuracy),
      ]),
    ),
    "",
    ...qualityGaps.map((gap) => `- ${describeGap(gap)}`),
    ...(qualityGaps.length > 0 ? [""] : []),
  ];
}

/** Of a job that was shortened, what a table of targets has to say beside its figures; else nothing. */
export function shortenedNote(result: Result | undefined): string {
  return result === undefined || !isJob(result) || result.shortenedFrom === undefined
    ? ""
    : ` (measured with ${toldSteps(result)})`;
}

function isJob(result: Result): result is JobResult {
  return "ways" in result;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
