// lowrank train: data and a model in, an adapter out.

import { InterruptedError } from "../../errors/run-errors.ts";
import { metricFacts } from "../../evaluate/metric-names.ts";
import { lastingName } from "../../node/data/row-sources.ts";
import { openRunFolder } from "../../node/run/open-run-folder.ts";
import { writesText } from "../../open/writes-text.ts";
import type { RunFolder } from "../../run-folder.ts";
import { type WithBase, withBase } from "../base-for.ts";
import type { RecipeWriter } from "../recipe/write-recipe.ts";
import { startEngine } from "../start-engine.ts";
import { describeMetrics } from "../terminal/describe-metrics.ts";
import { formatCount, formatDuration, formatNumber } from "../terminal/format.ts";
import { programName } from "../terminal/program-name.ts";
import type { Report } from "../terminal/report.ts";
import { checkTrainOptions } from "./check-options.ts";
import { readLoraConfig } from "./lora-config.ts";
import { planTokens } from "./plan-tokens.ts";
import { type PreparedRun, prepareRun } from "./prepare-run.ts";
import { type LoopResult, trainAdapter } from "./train-adapter.ts";
import type { TrainOptions } from "./train-options.ts";
import { readTrainingRows } from "./training-data.ts";

/** How the command was called. */
export interface TrainCall {
  readonly report: Report;
  /** The options as a recipe that repeats the run, with what the run found out. */
  readonly recipe: RecipeWriter;
}

/** Trains an adapter as the options say and writes it to --out. Throws InterruptedError after Ctrl-C, work saved. */
export async function runTrain(asked: TrainOptions, { report, recipe }: TrainCall): Promise<void> {
  checkTrainOptions(asked);
  const options = await withBase(asked, report);
  const { model, adapter, data, validation, addTokensFile, loraConfig, out, overwrite, resume } = options;
  const folder = await openRunFolder(out, {
    overwrite,
    resume,
    inputs: [model, adapter, ...data, ...(validation ?? []), addTokensFile, loraConfig],
    onWarning: report.warn,
  });
  try {
    await trainInto(folder, options, { report, recipe });
  } finally {
    await folder.release();
  }
}

async function trainInto(
  folder: RunFolder,
  options: WithBase<TrainOptions>,
  { report, recipe }: TrainCall,
): Promise<void> {
  if (folder.resumeFrom !== undefined) report.say(`going on after step ${folder.resumeFrom.step}`);
  const rows = await readTrainingRows(options, report);
  const tokens = await planTokens(options, report);
  const loraConfig = await readLoraConfig(options, report);
  const engine = await startEngine(options, report);
  report.say(`engine ${engine.name}`);
  const run = await prepareRun(options, { rows, tokens, loraConfig, folder }, report);
  try {
    const written = await recipe({ engine: engine.name, data: await Promise.all(options.data.map(lastingName)) });
    const result = await trainAdapter(run, { options, folder, report, recipe: written });
    summarize({ ...result, ...run, folder }, options, report);
  } finally {
    run.dispose();
  }
}

function summarize(
  { end, loss, validation, folder, ...run }: LoopResult & PreparedRun & { readonly folder: RunFolder },
  options: TrainOptions,
  report: Report,
): void {
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
  const first = validation[0];
  const last = validation.at(-1);
  report.emit({ type: "result", out, steps: end.step, loss, validation, best, seconds: end.seconds });
  if (loss !== undefined) report.say(`loss of the last step  ${formatNumber(loss)}`);
  if (first !== undefined && last !== undefined && first !== last) {
    const before = new Map(describeMetrics(first));
    for (const [label, after] of describeMetrics(last)) {
      report.say(`${`validation ${label}`.padEnd(22)} ${before.get(label) ?? "–"} → ${after}`);
    }
  }
  if (end.reason === "stopped-early") report.say(`stopped: no better for ${options.patience} validations in a row`);
  report.say(
    `${formatCount(end.step)} ${end.step === 1 ? "step" : "steps"} in ${formatDuration(end.seconds)}; adapter written to ${out}`,
  );
  if (best !== undefined) {
    report.say(
      `the best validation ${metricFacts[options.bestBy ?? "loss"].label} was ${formatNumber(best.value)} after step ${best.step}: ` +
        `that adapter is ${best.path}`,
    );
  }
  report.say(`try: ${programName(report.io)} ${commandToTry(run, options)}`);
}

function commandToTry({ model: { base }, training: { template } }: PreparedRun, options: TrainOptions): string {
  const { data, out } = options;
  // The adapter remembers its base, its template and its columns.
  if (!writesText(base.task) || template === "") return `evaluate --adapter ${out} --data ${data.join(" ")}`;
  return `generate --adapter ${out} --prompt "…"`;
}
