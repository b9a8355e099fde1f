// lowrank train: data and a model in, an adapter out.

import { type Communicator, compareRanks } from "@lowrank/trainer/mpi";
import packageJson from "../../../package.json" with { type: "json" };
import { InterruptedError } from "../../errors/run-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { lossTrend } from "../../findings/loss-trend.ts";
import { metricFacts } from "../../metric-names.ts";
import { writesText } from "../../open/writes-text.ts";
import { checkChoices } from "../../recipe/run/check-choices.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { claimFolder, prepareChoices } from "../../recipe/run/recipe-run.ts";
import type { RunFolder } from "../../run-folder.ts";
import { type WithBase, withBase } from "../base-for.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import { programName } from "../terminal/program-name.ts";
import type { Report } from "../terminal/report.ts";
import { describeBest } from "./describe-best.ts";
import { describeRun } from "./describe-run.ts";
import { engineHost } from "./engine-host.ts";
import { type LoopResult, type RunContext, trainAdapter } from "./train-adapter.ts";
import type { TrainOptions } from "./train-options.ts";

/** Trains an adapter as the options say and writes it to --out. Throws InterruptedError after Ctrl-C, work saved. */
export async function runTrain(asked: TrainOptions, report: Report, communicator?: Communicator): Promise<void> {
  checkChoices(asked);
  if (communicator !== undefined) refuseStandardInput(asked);
  const options = await withBase(asked, report);
  const folder = await claimFolder(options, { ...options, communicator }, engineHost(options, report));
  try {
    await trainInto(folder, options, { report, communicator });
  } finally {
    await folder.release();
  }
}

/** Trains into a folder that is claimed, which stays the caller's to release. */
export async function trainInto(
  folder: RunFolder,
  options: WithBase<TrainOptions>,
  { report, communicator }: Pick<RunContext, "report" | "communicator">,
): Promise<void> {
  if (communicator !== undefined) report.say(`${communicator.size} processes on ${communicator.library}`);
  if (folder.resumeFrom !== undefined) report.say(`going on after step ${folder.resumeFrom.step}`);
  const run = await prepareChoices(options, folder, engineHost(options, report));
  try {
    if (communicator !== undefined) await compareRanks(communicator, factsOfCall(options, run.engine));
    const result = await trainAdapter(run, { options, folder, report, communicator });
    await summarize({ ...result, ...run, folder }, options, report);
  } finally {
    run.dispose();
  }
}

/** What all processes must be told alike, beside what tells one run from another. Where files are may differ. */
function factsOfCall(options: TrainOptions, engine: string): Readonly<Record<string, unknown>> {
  const { model, adapter, data, validation, out, addTokensFile, loraConfig, threads, ...others } = options;
  return { version: packageJson.version, engine, ...others };
}

function refuseStandardInput({ data, validation = [] }: TrainOptions): void {
  if ([...data, ...validation].includes("-"))
    throw new UsageError("Standard input reaches the first of several processes alone: name a file that all can read.");
}

async function summarize(
  { end, losses, validation, folder, ...run }: LoopResult & PreparedRun & { readonly folder: RunFolder },
  options: TrainOptions,
  report: Report,
): Promise<void> {
  const { savedStep, bestCheckpoint: best } = folder;
  const { out } = options;
  if (end.reason === "aborted") {
    if (savedStep === undefined) {
      throw new InterruptedError(`Stopped before the first of ${end.steps} steps; nothing was written to "${out}".`);
    }
    throw new InterruptedError(
      `Stopped after step ${end.step} of ${end.steps}. The adapter as it is and a checkpoint are in "${out}".\n` +
        "To go on, repeat the command with --resume.",
    );
  }
  const { lastRun } = run.adapter;
  const [findings, samples] = [lastRun?.findings() ?? [], (await lastRun?.samples()) ?? []];
  const { start, end: loss } = lossTrend(losses) ?? {};
  const numbers = {
    steps: end.step,
    loss: losses.at(-1),
    losses: { start, end: loss },
    validation,
    best,
    seconds: end.seconds,
  };
  report.emit({ type: "result", out, ...numbers, findings, samples });
  const { bestBy = run.training.defaults.bestBy } = options;
  const isResumed = folder.resumeFrom !== undefined;
  const summary = { losses, validation, best: end.best, bestBy, isResumed, samples };
  for (const line of describeRun(summary)) report.say(line);
  if (end.reason === "stopped-early") report.say(`stopped: no better for ${options.patience} validations in a row`);
  report.say(
    `${formatCount(end.step)} ${end.step === 1 ? "step" : "steps"} in ${formatDuration(end.seconds)}; adapter written to ${out}`,
  );
  if (findings.some(({ learntNothing }) => learntNothing)) {
    report.say(`this run learnt nothing, as the warning above says: ${out} is no better than its base`);
    return;
  }
  const { label } = metricFacts[bestBy];
  const ofBest = describeBest({ out, label, lastStep: end.step, best: end.best, kept: best });
  if (ofBest !== undefined) report.say(ofBest);
  report.say(`try: ${programName(report.io)} ${commandToTry(run, options)}`);
}

function commandToTry({ model: { base }, training: { template } }: PreparedRun, options: TrainOptions): string {
  const { data, out } = options;
  // The adapter remembers its base, its template and its columns.
  if (!writesText(base.task) || template === "") return `evaluate --adapter ${out} --data ${data.join(" ")}`;
  if (template === "chat" || template === "vicuna") return `chat --adapter ${out}`;
  return `generate --adapter ${out} --prompt "…"`;
}
