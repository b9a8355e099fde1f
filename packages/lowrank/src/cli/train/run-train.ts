// lowrank train: data and a model in, an adapter out. Events become progress on the terminal, and Ctrl-C ends the run after its step.

import { listed } from "@lowrank/contracts";
import type { TrainingEvent } from "@lowrank/trainer";
import type { EndEvent } from "@lowrank/trainer/internal";
import { type Communicator, compareRanks } from "@lowrank/trainer/mpi";
import packageJson from "../../../package.json" with { type: "json" };
import { UsageError } from "../../errors/usage-errors.ts";
import type { CompleteRecipe } from "../../recipe/recipe.ts";
import { checkCombinations } from "../../recipe/run/check-combinations.ts";
import { type PreparedRun, prepareRun, type RowFilter } from "../../recipe/run/prepare-run.ts";
import { claimFolder, trainInFolder } from "../../recipe/run/train-in-folder.ts";
import type { RunFolder } from "../../run-folder.ts";
import { type WithBase, withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import type { CommonOptions, DistributedOptions } from "../options/shared-options.ts";
import { engineHost } from "../start-engine.ts";
import { describeMetrics, plural } from "../terminal/format.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import type { Report } from "../terminal/report.ts";
import { summarize } from "./summarize-run.ts";

export interface TrainOptions extends CompleteRecipe, CommonOptions, DistributedOptions {
  readonly overwrite?: boolean;
  readonly resume?: boolean;
}

/** Trains an adapter and writes it to --out. Throws INTERRUPTED after Ctrl-C, when the work is saved. */
export async function runTrain(
  requested: TrainOptions,
  report: Report,
  { communicator, choose }: Partial<Pick<RunContext, "communicator">> & RowFilter = {},
): Promise<void> {
  checkCombinations(requested);
  if (communicator !== undefined) refuseStandardInput(requested);
  const options = await withBase(requested, report);
  const { overwrite, resume } = options;
  const folder = await claimFolder(options, { overwrite, resume, communicator }, sourceContext(report));
  try {
    await trainInto({ options, folder, report, communicator, choose });
  } finally {
    await folder.release();
  }
}

interface RunContext {
  readonly options: WithBase<TrainOptions>;
  readonly folder: RunFolder;
  readonly report: Report;
  /** The processes that train together; undefined for one. */
  readonly communicator: Communicator | undefined;
}

/** Trains into a folder that is claimed, which stays the caller's to release. */
export async function trainInto(context: RunContext & RowFilter): Promise<void> {
  const { options, folder, report, communicator, choose } = context;
  if (communicator !== undefined) report.print(`${communicator.size} processes on ${communicator.library}`);
  if (folder.resumeFrom !== undefined) report.print(`continuing after step ${folder.resumeFrom.step}`);
  const run = await prepareRun(options, { folder, choose }, engineHost(options, report));
  try {
    if (communicator !== undefined) await compareRanks(communicator, factsOfCall(options, run.engine));
    const end = await train(run, context);
    await summarize({ ...run, end, folder }, options, report);
  } finally {
    run.dispose();
  }
}

/** Facts that must be equal in all processes, in addition to the run's identity. Paths of files may differ. */
function factsOfCall(options: TrainOptions, engine: string): Readonly<Record<string, unknown>> {
  const { model, adapter, data, validation, out, addTokensFile, loraConfig, threads, ...others } = options;
  return { version: packageJson.version, engine, ...others };
}

function refuseStandardInput({ data, validation = [] }: TrainOptions): void {
  if ([...data, ...validation].includes("-"))
    throw new UsageError("Only the first process can read standard input. Name a file that all processes can read.");
}

/** Trains until all steps are done or the run is interrupted. Throws the errors of the folder's `keep`. */
async function train(run: PreparedRun, context: RunContext): Promise<EndEvent> {
  const { report } = context;
  const { template: name, train: rows, learning, totalSteps, stepsPerEpoch } = run.training;
  const template = name === "" ? "" : `, written with the template "${name}"`;
  const loss = learning.words === undefined ? "" : `; loss: ${learning.words}`;
  report.print(`${plural(rows.length, "row")}${template}${loss}; steps: ${totalSteps}, ${stepsPerEpoch} per epoch`);
  if (context.options.objective === undefined) report.note("The loss below is a moving average over the last steps.");
  const interrupt = new AbortController();
  const stopListening = report.io.onInterrupt(() => {
    report.note("finishing this step, then saving (Ctrl-C again stops at once)");
    interrupt.abort();
  });
  try {
    return await follow(trainInFolder(run, { ...context, signal: interrupt.signal }), run, context);
  } finally {
    stopListening();
  }
}

async function follow(
  events: AsyncIterable<TrainingEvent>,
  { training }: PreparedRun,
  { folder, report }: RunContext,
): Promise<EndEvent> {
  const progress = startProgress(report, { total: training.totalSteps, first: folder.resumeFrom?.step ?? 0 });
  let end: EndEvent | undefined;
  try {
    for await (const event of events) {
      report.emit(event);
      show(event, progress, report);
      if (event.type === "end") end = event;
    }
  } finally {
    progress.stop();
  }
  if (end === undefined) throw new Error("The trainer ended without a reason.");
  return end;
}

function show(event: TrainingEvent, progress: Progress, report: Report): void {
  if (event.type === "step") progress.update({ ...event, tokensPerSecond: event.tokensPerSecond ?? 0 });
  if (event.type === "evaluation") {
    const metrics = describeMetrics(event.metrics).map((pair) => pair.join(" "));
    report.note(`  step ${event.step}  validation ${metrics.join("  ")}`);
  }
  if (event.type === "restart") {
    const { step, reason, learningRateBefore, learningRate } = event;
    report.note(
      `  step ${step}  ${reason}: restarting with learning rate ${learningRate} instead of ${learningRateBefore}`,
    );
  }
  if (event.type === "skip") {
    const of = event.names.length === 0 ? "" : ` (${listed(event.names)})`;
    report.note(`  step ${event.step}  skipped: its ${event.what} is ${event.value}${of}; ${event.inARow} in a row`);
  }
}
