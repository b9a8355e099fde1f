// `npm run bench:page`: docs/benchmarks.md and its chart from benchmarks/results.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchmarks, generation, others, trainingSteps } from "../benchmarks.ts";
import { distributed } from "../distributed/run-distributed.ts";
import { jobs } from "../jobs/jobs.ts";
import type { Profile } from "../profile/profile-benchmark.ts";
import type { Result } from "../result.ts";
import { benchmarkPage, timeBars } from "./benchmark-page.ts";
import { ratioChart } from "./ratio-chart.ts";

const root = join(import.meta.dirname, "../../..");
const plots = join(root, "docs/benchmarks");
const rows = [...benchmarks, ...jobs];
const results = new Map(
  [...rows, distributed].flatMap(({ name }) => {
    const result = readKept<Result>(`${name}.json`);
    return result === undefined ? [] : [[name, result] as const];
  }),
);
const profiles = benchmarks.flatMap(({ name }) => readKept<Profile>(`profiles/${name}.json`) ?? []);

mkdirSync(plots, { recursive: true });
write("docs/benchmarks/jobs.svg", ratioChart("Whole job, time of lowrank : PEFT", timeBars(jobs, results)));
write("docs/benchmarks.md", benchmarkPage({ jobs, steps: trainingSteps, generation, others }, results, profiles));
console.log(`docs/benchmarks.md: ${results.size} of ${rows.length + 1} benchmarks have a result`);

function readKept<Kept>(name: string): Kept | undefined {
  const path = join(root, "benchmarks/results", name);
  // Written by a program of the same version of this repository.
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Kept) : undefined;
}

function write(file: string, text: string): void {
  writeFileSync(join(root, file), text);
}
