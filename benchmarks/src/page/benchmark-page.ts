// The page about speed and memory, made from kept results alone.

import type { Profile } from "../profile/profile-benchmark.ts";
import type { Result } from "../result.ts";
import { jobSection } from "./job-tables.ts";
import { profileSection } from "./profile-tables.ts";
import type { RatioBar } from "./ratio-chart.ts";
import { scalingSection } from "./scaling-tables.ts";
import { partsOf, type Row, tablesByProcessor } from "./tables.ts";

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
  results: ReadonlyMap<string, Result>,
  profiles: readonly Profile[] = [],
): string {
  return [
    "# Speed and memory",
    "",
    "<!-- Made by `npm run bench:page` from benchmarks/results; edit that program instead of this page. -->",
    "",
    "Every ratio is lowrank to the other program, measured in turns in one run: below 1, lowrank is faster or smaller. Times are medians of the",
    "rounds. Memory is the peak resident memory of the whole process. Each table has the results of one processor: do not compare figures of",
    "different tables. [benchmarks/README.md](../benchmarks/README.md) explains the method; `npm run bench -- all` and",
    "`npm run bench:page` measure again and write this page.",
    "",
    "One name of a cloud machine can stand for several generations of processors. Results name the instruction sets only since 28 November 2026: two",
    'older rows for "AMD EPYC" can come from different generations.',
    "",
    "## Whole jobs",
    "",
    'From the start of the process to the saved adapter, with validation before and after. "recommended" compares lowrank in int8 with PEFT\'s',
    "fastest setting, \"float32\" compares both in float32. PEFT uses transformers' `Trainer` or TRL's `SFTTrainer`; the faster one counts.",
    "",
    "![Time of whole jobs, lowrank compared with PEFT](benchmarks/jobs.svg)",
    "",
    ...tablesByProcessor(jobs, results, "s"),
    ...jobSection([...results.values()]),
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
    ...scalingSection(results.get("distributed")),
    ...profileSection(profiles),
  ].join("\n");
}

/** One bar for each comparison of times. */
export function timeBars(rows: readonly Row[], results: ReadonlyMap<string, Result>): readonly RatioBar[] {
  return rows.flatMap(({ name, comparisons }) =>
    comparisons.map(({ label }, index) => {
      const ratio = partsOf(results.get(name))[index]?.ratio;
      return { label: comparisons.length > 1 ? `${name}, ${label}` : name, ...(ratio === undefined ? {} : { ratio }) };
    }),
  );
}
