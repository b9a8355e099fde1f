// Shows how far a training run is: a bar where someone watches, a line now and then where nobody does.

import cliProgress from "cli-progress";
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
  /** Prints a line without tearing the bar. */
  interrupt(line: string): void;
  stop(): void;
}

/** How long the run is. */
export interface Run {
  readonly total: number;
  /** Steps that an earlier run has made. */
  readonly first?: number;
}

/** Starts a display. */
export function startProgress(report: Report, run: Run): Progress {
  return report.io.terminal === undefined ? lines(report, run) : bar(report, run, report.io.terminal);
}

function bar(report: Report, run: Run, stream: NodeJS.WriteStream): Progress {
  const format = "  {bar} {value}/{total}  loss {loss}  {rate} tokens/s  {left} left";
  const single = new cliProgress.SingleBar(
    { format, stream, hideCursor: true, barsize: 28, linewrap: false, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  single.start(run.total, run.first ?? 0, { loss: "–", rate: "–", left: "?" });
  return {
    update: (progress) => single.update(progress.step, columns(progress)),
    interrupt: (line) => {
      stream.write("\r\u001b[K");
      report.note(line);
    },
    stop: () => single.stop(),
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
    interrupt: (line) => report.note(line),
    stop: () => {},
  };
}

function columns({ loss, tokensPerSecond, secondsLeft }: StepProgress) {
  return { loss: formatNumber(loss), rate: tokensPerSecond.toFixed(0), left: formatDuration(secondsLeft) };
}
