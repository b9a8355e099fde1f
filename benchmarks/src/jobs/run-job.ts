// Runs both sides of a job in turns, each run a process of its own with a seed of its round.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCommandLine } from "../harness/bundle.ts";
import { inTurns } from "../harness/interleave.ts";
import { preparedModel, preparedTrainers } from "../harness/peer-folders.ts";
import { processorName } from "../harness/process-facts.ts";
import { type JobPlace, lowrankArguments, peerSettings } from "./job-command.ts";
import { jobRows } from "./job-data.ts";
import { type JobRun, readJobLines } from "./job-lines.ts";
import type { JobResult } from "./job-result.ts";
import type { Job, Precision } from "./jobs.ts";
import { makeJobResult, type VariantRuns } from "./make-job-result.ts";
import { type Command, watchCommand } from "./watch-command.ts";

export interface JobOptions {
  readonly threads: number;
  /** How often each side runs; the seed counts along. */
  readonly rounds: number;
  /** Instead of the recipe's. */
  readonly steps?: number;
}

/** One way to do the job. */
interface Variant {
  readonly side: "ours" | "peer";
  readonly precision: Precision;
}

export async function runJob(asked: Job, { threads, rounds, steps }: JobOptions): Promise<JobResult> {
  const job = steps === undefined ? asked : { ...asked, recipe: { ...asked.recipe, steps } };
  const date = new Date().toISOString();
  const work = mkdtempSync(join(tmpdir(), "lowrank-job-"));
  try {
    const { recipe } = job;
    const rows = await jobRows(job.data, { train: recipe.steps * recipe.batch, validation: recipe.validationRows });
    const files = { train: join(work, "train.jsonl"), validation: join(work, "validation.jsonl") };
    for (const part of ["train", "validation"] as const) {
      writeFileSync(files[part], rows[part].map((row) => `${JSON.stringify(row)}\n`).join(""));
    }
    const model = await preparedModel(job.model);
    const variants = variantsOf(job);
    const runs = variants.map((): VariantRuns["runs"][number][] => []);
    for (let seed = 0; seed < rounds; seed += 1) {
      for (const index of inTurns(variants.length, seed)) {
        const variant = variants[index];
        if (variant === undefined) continue;
        const place = {
          ...files,
          model,
          threads,
          seed,
          out: join(work, `${variant.side}-${variant.precision}-${seed}`),
        };
        runs[index]?.push(await runOnce(job, variant, place));
      }
    }
    const measured = variants.map((variant, index) => ({ ...variant, runs: runs[index] ?? [] }));
    return makeJobResult(job, measured, { threads, processor: processorName(), date, isReal: rows.isReal });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function variantsOf({ sides }: Job): readonly Variant[] {
  return (["ours", "peer"] as const).flatMap((side) =>
    sides[side].precisions.map((precision) => ({ side, precision })),
  );
}

async function runOnce(job: Job, { side, precision }: Variant, place: JobPlace) {
  const command = side === "ours" ? await ourCommand(job, place, precision) : peerCommand(job, place, precision);
  const { lines, peakMemoryMb } = await watchCommand(command);
  const run = readJobLines(lines);
  if (side === "peer" || job.quality === "loss") return { ...run, peakMemoryMb };
  return { ...run, ...(await measureAccuracy(job, place)), peakMemoryMb };
}

async function ourCommand(job: Job, place: JobPlace, precision: Precision): Promise<Command> {
  const args = [await bundleCommandLine(), ...lowrankArguments(job, place, precision)];
  return { command: process.execPath, args, environment: {}, linesOn: 1 };
}

function peerCommand(job: Job, place: JobPlace, precision: Precision): Command {
  const program = join(import.meta.dirname, "../../peers", job.sides.peer.program);
  const args = [program, JSON.stringify(peerSettings(job, place, precision))];
  const environment = { OMP_NUM_THREADS: String(place.threads) };
  return { command: preparedTrainers(), args, environment, linesOn: 3 };
}

/** Training tells the loss alone; this is not part of the job's time. */
async function measureAccuracy(
  _job: Job,
  { model, out, validation, threads }: JobPlace,
): Promise<Pick<JobRun, "accuracy">> {
  const options = ["--model", model, "--adapter", out, "--data", validation, "--threads", String(threads)];
  const args = [await bundleCommandLine(), "evaluate", "--json", ...options];
  const { lines } = await watchCommand({ command: process.execPath, args, environment: {}, linesOn: 1 });
  const said = lines.find(({ text }) => text.includes('"accuracy"'));
  return said === undefined ? {} : { accuracy: Number(JSON.parse(said.text).accuracy) };
}
