// `npm run bench:page`: docs/benchmarks.md and its chart from lab/benchmarks/results.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchmarks, generation, others, trainingSteps } from "../benchmarks.ts";
import { distributed } from "../distributed/run-distributed.ts";
import { jobs } from "../jobs/jobs.ts";
import type { Profile } from "../profile/profile-benchmark.ts";
import type { Result } from "../result.ts";
import { readSaved } from "../saved-results.ts";
import { benchmarkPage, chartedResults, timeBars } from "./benchmark-page.ts";
import { ratioChart } from "./ratio-chart.ts";

const root = join(import.meta.dirname, "../../../..");
const plots = join(root, "docs/benchmarks");
const rows = [...benchmarks, ...jobs];
const names = [...rows, distributed].map(({ name }) => name);
const [results, profiles] = [inOrder(readSaved<Result>("./")), inOrder(readSaved<Profile>("profiles"))];
const charted = chartedResults(jobs, results);
const title = `Whole job, time of lowrank : PEFT (${charted[0]?.processor ?? "not measured yet"})`;

mkdirSync(plots, { recursive: true });
write("docs/benchmarks/jobs.svg", ratioChart(title, timeBars(jobs, charted)));
write("docs/benchmarks.md", benchmarkPage({ jobs, steps: trainingSteps, generation, others }, results, profiles));
const found = new Set(results.map(({ name }) => name)).size;
console.log(`docs/benchmarks.md: ${found} of ${names.length} benchmarks have a result`);

/** The results that are on the page, in its order. */
function inOrder<Saved extends { readonly name: string }>(kept: readonly Saved[]): readonly Saved[] {
  return names.flatMap((name) => kept.filter((one) => one.name === name));
}

function write(file: string, text: string): void {
  writeFileSync(join(root, file), text);
}
