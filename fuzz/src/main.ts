// `npm run fuzz -- <target…|all> [--seconds 60] [--runs N] [--seed N] [--jobs N]`: a line for each target, and as the last
// "N passed, N failed" over the targets.

import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { typed } from "@lowrank/testing/typed";
import { keepCase } from "./found-cases.ts";
import { type TargetRow, targets } from "./targets.ts";
import { type RunOptions, runTarget } from "./watch/run-target.ts";
import { limits } from "./watch/watch-child.ts";

const usage = [
  "npm run fuzz -- <target…> [--seconds 60] [--runs N] [--seed N] [--jobs 2]\n",
  "  all",
  ...targets.map(({ name, reads }) => `  ${name.padEnd(16)} ${reads}`),
].join("\n");
const { values, positionals } = typed(usage, {
  seconds: { type: "string" },
  runs: { type: "string" },
  seed: { type: "string" },
  jobs: { type: "string" },
});
const chosen = positionals.includes("all") ? targets : targets.filter(({ name }) => positionals.includes(name));
const unknown = positionals.filter((name) => name !== "all" && !targets.some((row) => row.name === name));
const numbers = { seconds: numberOf(values.seconds), runs: numberOf(values.runs), seed: numberOf(values.seed) };
const jobs = numberOf(values.jobs) ?? Math.min(2, availableParallelism());
if (chosen.length === 0 || unknown.length > 0 || [...Object.values(numbers), jobs].some(Number.isNaN)) {
  if (unknown.length > 0) console.error(`There is no target "${unknown.join('", "')}".`);
  console.error(usage);
  process.exit(2);
}

const options: RunOptions = {
  seed: numbers.seed ?? Date.now() % 2 ** 32,
  runs: numbers.runs ?? Number.MAX_SAFE_INTEGER,
  seconds: numbers.seconds ?? (numbers.runs === undefined ? 60 : 86_400),
};
console.log(`seed ${options.seed}; an input may take ${limits.milliseconds} ms and ${limits.megabytes} MB`);
const waiting = [...chosen];
let [failed, executions] = [0, 0];
await Promise.all(Array.from({ length: jobs }, work));
console.log(`${executions} executions in all`);
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await runOne(row);
}

async function runOne({ name, isList }: TargetRow): Promise<void> {
  // Of a list every input is run, however long it takes.
  const result = await runTarget(name, isList ? { ...options, runs: Number.MAX_SAFE_INTEGER, seconds: 3600 } : options);
  executions += result.executions;
  if (result.problems.length > 0) failed += 1;
  const rate = Math.round(result.executions / result.seconds);
  const share = Math.round((100 * result.accepted) / Math.max(1, result.executions));
  const counts = `${result.executions} executions, ${rate}/s, ${share} % accepted, ${result.problems.length} problems`;
  console.log(`${name.padEnd(16)} ${counts}`);
  for (const problem of result.problems) {
    const kept = isList
      ? ` (${new TextDecoder().decode(problem.input)})`
      : `\n    kept as ${relative(process.cwd(), keepCase(name, problem))}`;
    console.log(`  ${problem.message}${kept}`);
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
