// The summary of a finished training: its first and last numbers and texts, and what to try next.

import { escapeName } from "@lowrank/contracts/internal";
import type { BestEvaluation, EndEvent } from "@lowrank/trainer/internal";
import { interruptedError } from "../../errors/run-errors.ts";
import { lossTrend } from "../../findings/run-findings.ts";
import { metricFacts, type RowMetrics } from "../../metric-names.ts";
import { writesText } from "../../open/task-types.ts";
import type { CompleteRecipe } from "../../recipe/recipe.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import type { SampleText } from "../../report/report-page.ts";
import type { BestCheckpoint, RunFolder } from "../../run-folder.ts";
import { programName } from "../io.ts";
import { describeMetrics, formatDuration, formatNumber, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

/** The summary of a finished run. Throws INTERRUPTED if it was stopped, after reporting what was saved. */
export async function summarize(
  { end, folder, ...run }: PreparedRun & { readonly end: EndEvent; readonly folder: RunFolder },
  options: CompleteRecipe,
  report: Report,
): Promise<void> {
  const { savedStep, bestCheckpoint: best } = folder;
  const { out } = options;
  if (end.reason === "aborted") {
    if (savedStep === undefined) {
      throw interruptedError(
        `Stopped before the first of ${plural(end.steps, "step")}; nothing was written to "${out}".`,
      );
    }
    throw interruptedError(
      `Stopped after step ${end.step} of ${end.steps}. The current adapter and a checkpoint are in "${out}".\n` +
        "To continue, repeat the command with --resume.",
    );
  }
  const { lastRun } = run.adapter;
  if (lastRun === undefined) throw new Error("A run that is over can be looked at.");
  const { losses, rewards } = lastRun;
  const validation = lastRun.validations.map(({ epoch: _, ...measured }) => measured);
  const [findings, samples] = [lastRun.findings(), await lastRun.samples()];
  const { start, end: loss } = lossTrend(losses) ?? {};
  const reward = lossTrend(rewards);
  const numbers = {
    steps: end.step,
    loss: losses.at(-1),
    losses: { start, end: loss },
    ...(reward === undefined ? {} : { rewards: { start: reward.start, end: reward.end } }),
    validation,
    best,
    seconds: end.seconds,
  };
  report.emit({ type: "result", out, ...numbers, findings, samples });
  const { bestBy = run.training.defaults.bestBy } = options;
  const isResumed = folder.resumeFrom !== undefined;
  const summary = {
    losses,
    rewards,
    validation,
    best: end.best,
    bestBy,
    isResumed,
    samples,
    rows: run.training.train.length,
  };
  for (const line of describeRun(summary)) report.print(line);
  if (end.reason === "stopped-early")
    report.print(`stopped early: no improvement in ${plural(options.patience ?? 0, "validation")}`);
  report.print(`${plural(end.step, "step")} in ${formatDuration(end.seconds)}; adapter written to ${out}`);
  if (findings.some(({ learnedNothing }) => learnedNothing)) {
    report.print(`this run learned nothing (see the warning above): ${out} is no better than its base`);
    return;
  }
  const { label } = metricFacts[bestBy];
  const ofBest = describeBest({ out, label, lastStep: end.step, best: end.best, checkpoint: best });
  if (ofBest !== undefined) report.print(ofBest);
  report.print(`try: ${programName(report.io)} ${commandToTry(run, options)}`);
}

function commandToTry({ model: { base }, training: { template } }: PreparedRun, options: CompleteRecipe): string {
  const { validation, out } = options;
  // The adapter remembers its base, its template and its columns.
  if (!writesText(base.task) || template === "")
    return `evaluate --adapter ${out} --data ${validation?.join(" ") ?? "…  (rows that it was not trained on)"}`;
  if (template === "chat" || template === "vicuna") return `chat --adapter ${out}`;
  return `generate --adapter ${out} --prompt "…"`;
}

interface RunSummary {
  readonly losses: readonly number[];
  /** The rewards of a run, which has them instead of losses. */
  readonly rewards?: readonly number[];
  /** Metrics of the validations by step, starting with step 0. */
  readonly validation: readonly ({ readonly step: number } & RowMetrics)[];
  readonly best: BestEvaluation | undefined;
  readonly bestBy: keyof typeof metricFacts;
  /** Whether the first losses were lost with an earlier process. */
  readonly isResumed: boolean;
  readonly samples: readonly SampleText[];
  /** That were trained. */
  readonly rows: number;
}

/** Lines; empty for a run without a step. */
export function describeRun({ losses, rewards = [], validation, samples, ...run }: RunSummary): readonly string[] {
  const [learned, values] = rewards.length > 0 ? (["reward", rewards] as const) : (["loss", losses] as const);
  const trend = lossTrend(values);
  const [first, last] = [validation[0], validation.at(-1)];
  const { best, bestBy, isResumed, rows } = run;
  const none = rows < 2 ? "with 1 row, none can be held out" : "--validation-share 0.1 holds rows out to measure it";
  const isBestEarlier = best !== undefined && best.step !== last?.step;
  const before = new Map(first === undefined || first === last ? [] : describeMetrics(first));
  const measured = (last === undefined ? [] : describeMetrics(last)).map(([label, after]) => {
    const isJudged = isBestEarlier && label === metricFacts[bestBy].label;
    const note = isJudged ? ` (best: ${formatNumber(best.value)} after step ${best.step})` : "";
    return fact(`validation ${label}`, `${before.get(label) ?? "–"} → ${after}${note}`);
  });
  if (trend === undefined) return measured;
  const steps = plural(trend.steps, "step");
  const start = isResumed ? "" : `${formatNumber(trend.start)} → `;
  return [
    fact(learned, `${start}${formatNumber(trend.end)} (means of ${steps})`),
    ...(last === undefined ? [fact("validation", `none: ${none}`)] : measured),
    ...samples.flatMap(({ prompt, expected, before, after }) => [
      fact("prompt", printed(prompt, -maxTextLength)),
      fact("  in the data", printed(expected)),
      fact("  the base writes", printed(before)),
      fact("  the adapter writes", printed(after)),
    ]),
  ];
}

const maxTextLength = 160;

function fact(label: string, value: string): string {
  return `${label.padEnd(22)} ${value}`;
}

/** On one line; of a prompt the end. */
function printed(text: string, max = maxTextLength): string {
  const line = [...text.trim()]; // by character, so that no surrogate pair is split
  if (line.length <= maxTextLength) return escapeName(line.join(""));
  return escapeName(max < 0 ? `…${line.slice(max).join("")}` : `${line.slice(0, max).join("")}…`);
}

interface BestFacts {
  readonly out: string;
  /** The metric that compares validations, in words. */
  readonly label: string;
  readonly lastStep: number;
  readonly best: BestEvaluation | undefined;
  /** Undefined if its adapter was not kept, or is the last step's. */
  readonly checkpoint: BestCheckpoint | undefined;
}

/** The sentence; undefined if the last step's validation was the best, or if there was no validation. */
export function describeBest({ out, label, lastStep, best, checkpoint }: BestFacts): string | undefined {
  if (best === undefined || best.step >= lastStep) return undefined;
  const value = formatNumber(best.value);
  if (checkpoint?.path === out)
    return `the best validation ${label} was ${value} after step ${checkpoint.step}: ${out} holds the adapter of that step`;
  if (checkpoint !== undefined)
    return `the best validation ${label} was ${value} after step ${checkpoint.step}: that adapter is ${checkpoint.path}`;
  return `the best validation ${label} was ${value} after step ${best.step}; its adapter is gone, for the run began under an earlier version`;
}
