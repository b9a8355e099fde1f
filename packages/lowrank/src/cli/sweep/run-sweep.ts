// lowrank sweep: a recipe and its sets become a plan, and the plan a table, a script, or runs.

import { UsageError } from "../../errors/usage-errors.ts";
import { readRecipe } from "../../recipe/read-recipe.ts";
import { asYaml } from "../../recipe/write-recipe.ts";
import { parseSets, planSweep, type SweepRun, sweepFolder } from "../../sweep/plan-sweep.ts";
import { readProgress } from "../../sweep/run-record.ts";
import { kubernetesJob, slurmScript } from "../../sweep/scripts.ts";
import type { Report } from "../terminal/report.ts";
import { gatherRuns, printPlan } from "./gather-runs.ts";
import { makeRun, type SweepContext, type SweepOptions } from "./make-run.ts";

/** Plans the sweep and carries out what the options select. Throws SweepError, and errors of a run other than divergence. */
export async function runSweep(file: string, options: SweepOptions, context: SweepContext): Promise<void> {
  const { out, only, to, plan, gather } = options;
  const { $schema: _, ...recipe } = await readRecipe(file);
  const runs = planSweep(recipe, await parseSets(options.set), { name: file, out });
  if (to !== undefined) return printScript(to, { ...options, file, recipe, runs }, context.report);
  const first = runs[only ?? 0];
  if (first === undefined)
    throw new UsageError(`--only ${only}: there are ${runs.length} runs, 0 to ${runs.length - 1}.`);
  if (only !== undefined) return makeRun(first, { ...context, options, runs: runs.length });
  const isFirst = (context.communicator?.rank ?? 0) === 0;
  if (plan === true) return isFirst ? printPlan(await progressOf(runs), context.report) : undefined;
  if (gather !== true) for (const run of runs) await makeRun(run, { ...context, options, runs: runs.length });
  if (!isFirst) return;
  const found = await progressOf(runs);
  const [judged] = found.flatMap(({ progress }) => (progress.state === "complete" ? (progress.bestBy ?? []) : []));
  await gatherRuns(found, { by: options.bestBy ?? judged ?? "loss", file }, context.report);
}

function progressOf(runs: readonly SweepRun[]) {
  return Promise.all(runs.map(async (run) => ({ run, progress: await readProgress(run) })));
}

interface ScriptedSweep extends SweepOptions {
  readonly file: string;
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly runs: readonly SweepRun[];
}

/** A script is the command's result: nothing else is on stdout. */
async function printScript(
  to: "slurm" | "kubernetes",
  { file, recipe, runs, set: sets, out: requested }: ScriptedSweep,
  report: Report,
): Promise<void> {
  const out = sweepFolder(recipe, requested);
  const text =
    to === "slurm"
      ? slurmScript({ recipe: file, sets, out }, runs.length)
      : await kubernetesJob({ sets, out }, await asYaml(new Map(Object.entries(recipe))), runs.length);
  report.emit({ type: "script", to, runs: runs.length, text });
  if (!report.isJson) report.write(text);
}
