// Shows the progress of a training run: a bar on a terminal, otherwise a line now and then.

import { SmoothedLoss } from "../../report/run-curves.ts";
import { describeStepMetrics } from "../../rewards/step-metrics.ts";
import { formatBytes, formatDuration, formatNumber } from "./format.ts";
import type { Report } from "./report.ts";

interface StepProgress {
  /** Steps done, counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
  /** Metrics of a step that learns from rewards, shown instead of its loss, whose value has no meaning there. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface Progress {
  update(progress: StepProgress): void;
  stop(): void;
}

export interface Run {
  readonly total: number;
  /** Steps that an earlier run has made. */
  readonly first?: number;
  /** Milliseconds; by default the process's own. */
  readonly clock?: () => number;
  /** Bytes that the process takes; by default its resident set. */
  readonly memory?: () => number;
}

/** Starts a display. Its loss is the mean of the last steps. */
export function startProgress(report: Report, run: Run): Progress {
  return report.lastLine.isWatched ? bar(report, run) : lines(report, run);
}

const barWidth = { min: 8, max: 28 };
/** Milliseconds between two drawings: more often nobody sees, and a tiny model makes a thousand steps a second. */
const pause = 100;

function bar({ lastLine }: Report, run: Run): Progress {
  const { total, first = 0, clock = () => performance.now() } = run;
  const describe = description(run);
  let last = { step: first, text: "loss –  – tokens/s  ? left" };
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = () => {
    drawn = clock();
    const facts = ` ${last.step}/${total}  ${last.text}`;
    const width = Math.min(barWidth.max, Math.max(barWidth.min, lastLine.columns - 2 - facts.length));
    const full = Math.round((width * last.step) / Math.max(1, total));
    lastLine.show("progress", `  ${"█".repeat(full)}${"░".repeat(width - full)}${facts}`);
  };
  draw();
  return {
    update: (progress) => {
      last = { step: progress.step, text: describe(progress) };
      if (clock() - drawn >= pause) draw();
    },
    stop: () => {
      draw();
      lastLine.finish("progress");
    },
  };
}

function lines(report: Report, run: Run): Progress {
  const every = Math.max(1, Math.min(10, Math.floor(run.total / 10)));
  const describe = description(run);
  return {
    update: (progress) => {
      const text = describe(progress);
      if (progress.step % every !== 0 && progress.step !== run.total) return;
      report.note(`  step ${progress.step}/${run.total}  ${text}`);
    },
    stop: () => {},
  };
}

/** The text for a step. It must be called for every step, because it averages the loss. */
function description({ memory = () => process.memoryUsage.rss() }: Run): (progress: StepProgress) => string {
  const smoothed = new SmoothedLoss();
  return ({ loss, tokensPerSecond, secondsLeft, metrics }) => {
    const result = metrics === undefined ? `loss ${formatNumber(smoothed.add(loss))}` : describeStepMetrics(metrics);
    const [rate, left] = [tokensPerSecond.toFixed(0), formatDuration(secondsLeft)];
    return `${result}  ${rate} tokens/s  ${left} left  ${formatBytes(memory())}`;
  };
}
