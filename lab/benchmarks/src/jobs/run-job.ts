// Runs both sides of a job alternately. Each run is a process of its own with the seed of its round.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCommandLine } from "../harness/bundle.ts";
import { inTurns } from "../harness/interleave.ts";
import { preparedModel, preparedTrainers } from "../harness/peer-folders.ts";
import { processorName } from "../harness/process-facts.ts";
import { type JobContext, lowrankArguments, peerSettings } from "./job-command.ts";
import { jobRows } from "./job-data.ts";
import { type JobRun, readJobLines } from "./job-lines.ts";
import type { JobResult } from "./job-result.ts";
import type { Job, Way } from "./jobs.ts";
import { makeJobResult, type WayRuns } from "./make-job-result.ts";
import { type Command, watchCommand } from "./watch-command.ts";

export interface JobOptions {
  readonly threads: number;
  /** Each way runs once with each. */
  readonly seeds: readonly number[];
  /** Instead of the recipe's. */
  readonly steps?: number;
  /** A folder instead of the real weights: a small model shows whether the programs work. */
  readonly model?: string;
}

export async function runJob(listed: Job, { threads, seeds, steps, model: given }: JobOptions): Promise<JobResult> {
  const job = steps === undefined ? listed : { ...listed, recipe: { ...listed.recipe, steps } };
  const date = new Date().toISOString();
  const work = mkdtempSync(join(tmpdir(), "lowrank-job-"));
  try {
    const { recipe } = job;
    const rows = await jobRows(job.data, { train: recipe.steps * recipe.batch, validation: recipe.validationRows });
    const files = { train: join(work, "train.jsonl"), validation: join(work, "validation.jsonl") };
    for (const part of ["train", "validation"] as const) {
      writeFileSync(files[part], rows[part].map((row) => `${JSON.stringify(row)}\n`).join(""));
    }
    const model = given ?? (await preparedModel(job.model));
    const ways = waysOf(job);
    const runs = ways.map((): WayRuns["runs"][number][] => []);
    for (const [round, seed] of seeds.entries()) {
      for (const index of inTurns(ways.length, round)) {
        const way = ways[index];
        if (way === undefined) continue;
        const context = { ...files, model, threads, seed, out: join(work, `${index}-${seed}`) };
        runs[index]?.push(await runOnce(job, way, context));
      }
    }
    const measured = ways.map((way, index) => ({ ...way, runs: runs[index] ?? [] }));
    const where = { threads, processor: processorName(), date, isReal: rows.isReal };
    const isShort = recipe.steps !== listed.recipe.steps;
    return makeJobResult(job, measured, isShort ? { ...where, shortenedFrom: listed.recipe.steps } : where);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function waysOf({ sides }: Job): readonly Way[] {
  return [...sides.ours.ways, ...sides.peer.ways];
}

async function runOnce(job: Job, way: Way, context: JobContext) {
  const isOurs = way.trainer === "lowrank train";
  const { lines, peakMemoryMb } = await watchCommand(
    isOurs ? await ourCommand(job, context, way) : peerCommand(job, context, way),
  );
  const run = readJobLines(lines);
  if (!isOurs || job.quality === "loss") return { ...run, peakMemoryMb };
  return { ...run, ...(await measureAccuracy(context)), peakMemoryMb };
}

async function ourCommand(job: Job, context: JobContext, { precision }: Way): Promise<Command> {
  const args = [await bundleCommandLine(), ...lowrankArguments(job, context, precision)];
  return { command: process.execPath, args, environment: {}, linesOn: 1 };
}

function peerCommand(job: Job, context: JobContext, { trainer, precision }: Way): Command {
  const program = trainer === "SFTTrainer" ? "job_sft.py" : "job_trainer.py";
  const settings = JSON.stringify(peerSettings(job, context, precision));
  const args = [join(import.meta.dirname, "../../peers", program), settings];
  const environment = { OMP_NUM_THREADS: String(context.threads) };
  return { command: preparedTrainers(), args, environment, linesOn: 3 };
}

/** Training reports only the loss. This evaluation is not part of the job's time, and its base is always in float32. */
async function measureAccuracy({ model, out, validation, threads }: JobContext): Promise<Pick<JobRun, "accuracy">> {
  const options = ["--model", model, "--adapter", out, "--data", validation, "--threads", String(threads)];
  const args = [await bundleCommandLine(), "evaluate", "--json", ...options];
  const { lines } = await watchCommand({ command: process.execPath, args, environment: {}, linesOn: 1 });
  const accuracyLine = lines.find(({ text }) => text.includes('"accuracy"'));
  return accuracyLine === undefined ? {} : { accuracy: Number(JSON.parse(accuracyLine.text).accuracy) };
}
