// The page about speed and memory, made from kept results alone.

import type { Profile } from "../profile/profile-benchmark.ts";
import type { Result } from "../result.ts";
import { jobSection } from "./job-tables.ts";
import { profileSection } from "./profile-tables.ts";
import type { RatioBar } from "./ratio-chart.ts";
import { scalingSection } from "./scaling-tables.ts";
import { grouped, partsOf, type Row, tablesByProcessor } from "./tables.ts";

/** All rows, in the order of what people wait for. */
export interface PageRows {
  readonly jobs: readonly Row[];
  readonly steps: readonly Row[];
  readonly generation: readonly Row[];
  readonly others: readonly Row[];
}

/** docs/benchmarks.md. */
export function benchmarkPage(
  { jobs, steps, generation, others }: PageRows,
  results: readonly Result[],
  profiles: readonly Profile[] = [],
): string {
  return [
    "# Speed and memory",
    "",
    "<!-- Made by `npm run bench:page` from lab/benchmarks/results; edit that program instead of this page. -->",
    "",
    "Every ratio is lowrank to the other program, measured in turns in one run: below 1, lowrank is faster or smaller. Times are medians of the",
    "rounds. Memory is the peak resident memory of the whole process. Each table has the results of one processor: do not compare figures of",
    "different tables. [lab/benchmarks/README.md](../lab/benchmarks/README.md) explains the method; `npm run bench -- all` and",
    "`npm run bench:page` measure again and write this page.",
    "",
    "Since 1 December 2026 both programs are warm before the first round: their last three steps took the same time within 5 %. Before, each made two",
    "steps. Notes below a table explain its rows with \\*. If the other program can work in several precisions, each is tried and the fastest counts.",
    'PEFT\'s "bf16" is autocast; its "base in bf16" has frozen weights in bf16.',
    "",
    "One name of a cloud machine can stand for several generations of processors. Results name the instruction sets only since 28 November 2026, and",
    'the generation since 1 December 2026: two older rows for "AMD EPYC" can come from different generations.',
    "",
    "## Whole jobs",
    "",
    'From the start of the process to the saved adapter, with validation before and after. "recommended" compares lowrank in int8 with PEFT\'s',
    "fastest setting, \"float32\" compares both in float32. PEFT uses transformers' `Trainer` or TRL's `SFTTrainer`; the faster one counts.",
    "",
    "![Time of whole jobs, lowrank compared with PEFT](benchmarks/jobs.svg)",
    "",
    ...tablesByProcessor(jobs, results, "s"),
    ...jobSection(results),
    "## Training steps",
    "",
    "One step is forward, loss, backward and AdamW, with models of random weights and no dropout unless a row has it.",
    "[Why it is not faster](why-not-faster.md) explains the ratios above 1.",
    "",
    ...tablesByProcessor(steps, results, "ms"),
    "## Text generation",
    "",
    "The other program has float32 or bf16, and its faster setting counts.",
    "",
    ...tablesByProcessor(generation, results, "ms"),
    "## Other measurements",
    "",
    ...tablesByProcessor(others, results, "ms"),
    ...scalingSection(newest(results.filter(({ name }) => name === "distributed"))),
    ...profileSection(profiles),
  ].join("\n");
}

/** The results of the processor that has most of the rows. */
export function chartedResults(rows: readonly Row[], results: readonly Result[]): readonly Result[] {
  const ofRows = results.filter(({ name }) => rows.some((row) => row.name === name));
  const groups = grouped(ofRows, ({ processor }) => processor).map(([, group]) => group);
  return [...groups].sort((one, other) => other.length - one.length)[0] ?? [];
}

function newest(results: readonly Result[]): Result | undefined {
  return [...results].sort((one, other) => one.date.localeCompare(other.date)).at(-1);
}

/** One bar for each comparison of times, of one processor. */
export function timeBars(rows: readonly Row[], results: readonly Result[]): readonly RatioBar[] {
  return rows.flatMap(({ name, comparisons }) =>
    comparisons.map(({ label }, index) => {
      const ratio = partsOf(results.find((result) => result.name === name))[index]?.ratio;
      return { label: comparisons.length > 1 ? `${name}, ${label}` : name, ...(ratio === undefined ? {} : { ratio }) };
    }),
  );
}
