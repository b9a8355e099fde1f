// Shows how far a training run is: a bar where someone watches, a line now and then where nobody does.

import { formatDuration, formatNumber } from "./format.ts";
import type { Report } from "./report.ts";

/** How far the run is after one step. */
interface StepProgress {
  /** Steps done, counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** A running display. */
export interface Progress {
  update(progress: StepProgress): void;
  stop(): void;
}

/** How long the run is. */
export interface Run {
  readonly total: number;
  /** Steps that an earlier run has made. */
  readonly first?: number;
  /** Milliseconds; by default the process's own. */
  readonly clock?: () => number;
}

/** Starts a display. */
export function startProgress(report: Report, run: Run): Progress {
  return report.lastLine.isWatched ? bar(report, run) : lines(report, run);
}

const barWidth = 28;
/** Milliseconds between two drawings: more often nobody sees, and a tiny model makes a thousand steps a second. */
const pause = 100;

function bar({ lastLine }: Report, { total, first = 0, clock = () => performance.now() }: Run): Progress {
  let text = "";
  let drawn = Number.NEGATIVE_INFINITY;
  const tell = (step: number, { loss, rate, left }: ReturnType<typeof columns>) => {
    const full = Math.round((barWidth * step) / Math.max(1, total));
    const marks = "█".repeat(full) + "░".repeat(barWidth - full);
    text = `  ${marks} ${step}/${total}  loss ${loss}  ${rate} tokens/s  ${left} left`;
    if (clock() - drawn < pause) return;
    drawn = clock();
    lastLine.show("progress", text);
  };
  tell(first, { loss: "–", rate: "–", left: "?" });
  return {
    update: (progress) => tell(progress.step, columns(progress)),
    stop: () => {
      lastLine.show("progress", text);
      lastLine.finish("progress");
    },
  };
}

function lines(report: Report, run: Run): Progress {
  const every = Math.max(1, Math.min(10, Math.floor(run.total / 10)));
  return {
    update: (progress) => {
      if (progress.step % every !== 0 && progress.step !== run.total) return;
      const { loss, rate, left } = columns(progress);
      report.note(`  step ${progress.step}/${run.total}  loss ${loss}  ${rate} tokens/s  ${left} left`);
    },
    stop: () => {},
  };
}

function columns({ loss, tokensPerSecond, secondsLeft }: StepProgress) {
  return { loss: formatNumber(loss), rate: tokensPerSecond.toFixed(0), left: formatDuration(secondsLeft) };
}
