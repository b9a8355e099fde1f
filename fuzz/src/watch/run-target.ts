// One target from its found cases to its last generated input, over as many children as it takes.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foundCases } from "../found-cases.ts";
import type { Job } from "./job.ts";
import { watchChild } from "./watch-child.ts";

/** How much to run. */
export interface RunOptions {
  readonly seed: number;
  /** Generated inputs, found cases not counted. */
  readonly runs: number;
  readonly seconds: number;
}

/** An input with what went wrong. */
interface Problem {
  readonly message: string;
  readonly signature: string;
  readonly input: Uint8Array;
}

/** What came of a target. */
export interface TargetResult {
  readonly executions: number;
  readonly accepted: number;
  readonly seconds: number;
  readonly problems: readonly Problem[];
}

/** A reader that fails in more ways is not worth more time. */
const maxProblems = 20;

export async function runTarget(target: string, { seed, runs, seconds }: RunOptions): Promise<TargetResult> {
  const folder = mkdtempSync(join(tmpdir(), "lowrank-fuzz-"));
  const files = foundCases(target);
  const start = performance.now();
  const left = () => Math.max(0, seconds * 1000 - (performance.now() - start));
  const job = { target, seed, files, progress: join(folder, "progress") };
  const problems = new Map<string, Problem>();
  let [from, executions, accepted] = [0, 0, 0];
  try {
    while (problems.size < maxProblems) {
      const end = await watchChild({
        ...job,
        from,
        until: Math.min(files.length + runs, Number.MAX_SAFE_INTEGER),
        milliseconds: left(),
      });
      executions += Math.max(0, end.progress.index - from);
      accepted += end.progress.accepted;
      for (const { message, signature, input } of end.problems) {
        problems.set(signature, { message, signature, input: Buffer.from(input, "base64") });
      }
      if (end.failure === undefined) break;
      if (end.progress.index === -1) throw new Error(`The target "${target}" did not start: ${end.failure.message}`);
      const problem = await confirm({ ...job, from: end.progress.index }, join(folder, "input"));
      if (problem !== undefined) problems.set(problem.signature, problem);
      from = end.progress.index + 1;
      executions += 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { executions, accepted, seconds: (performance.now() - start) / 1000, problems: [...problems.values()] };
}

/** Runs the input alone: on a busy machine, or after a million others, it may not have been its fault. */
async function confirm(job: Omit<Job, "until" | "milliseconds">, keep: string): Promise<Problem | undefined> {
  const { failure } = await watchChild({ ...job, until: job.from + 1, milliseconds: 60_000, keep });
  if (failure === undefined) return undefined;
  return { message: failure.message, signature: `${failure.kind} ${job.from}`, input: readFileSync(keep) };
}
