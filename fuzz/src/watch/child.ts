// The program of a child: runs inputs one after another and tells the parent of each problem. It may hang, grow or die.

import { openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Random } from "../inputs/random.ts";
import type { Target } from "../target.ts";
import { targetRow } from "../targets.ts";
import { type Job, type Report, writeProgress } from "./job.ts";
import { judge } from "./judge.ts";

// Making a stack trace takes longer than most refusals; the first lines tell where a problem is.
Error.stackTraceLimit = 4;
const job = JSON.parse(process.argv[2] ?? "{}") as Job; // run-target.ts wrote it
const target = await targetRow(job.target).load();
await runInputs(target, job);
await tell({ kind: "done" });
process.exit(0);

async function runInputs(target: Target, { from, until, milliseconds, progress, keep }: Job): Promise<void> {
  const file = openSync(progress, "r+");
  const folder = dirname(progress);
  const told = new Set<string>();
  const last = Math.min(until, job.files.length + (target.count ?? Number.POSITIVE_INFINITY));
  const end = performance.now() + milliseconds;
  let [index, accepted] = [from, 0];
  for (; index < last && performance.now() < end; index += 1) {
    const input = inputAt(index);
    if (keep !== undefined) writeFileSync(keep, input);
    writeProgress(file, { index, accepted });
    const verdict = await judge(() => target.check(input, folder));
    if (verdict.kind === "accepted") accepted += 1;
    if (verdict.kind === "problem" && !told.has(verdict.signature)) {
      told.add(verdict.signature);
      await tell({ ...verdict, input: Buffer.from(input).toString("base64") });
    }
    // Timers, rejections that nobody awaits and closing files get their turn.
    if (index % 64 === 0) await new Promise(setImmediate);
  }
  writeProgress(file, { index, accepted });
}

function inputAt(index: number): Uint8Array {
  const path = job.files[index];
  if (path !== undefined) return readFileSync(path);
  const number = index - job.files.length;
  return target.generate(new Random(job.seed, job.target, number), number);
}

function tell(report: Report): Promise<void> {
  return new Promise((resolve) => process.send?.(report, () => resolve()));
}
