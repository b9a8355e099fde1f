// Shows how far a training run is: a bar where someone watches, a line now and then where nobody does.

import cliProgress from "cli-progress";
import { formatDuration, formatNumber } from "./format.ts";
import type { Report } from "./report.ts";

/** How far the run is after one step. */
export interface StepProgress {
  /** Steps done, counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
}

/** A running display. */
export interface Progress {
  update(progress: StepProgress): void;
  /** Prints a line without tearing the bar. */
  interrupt(line: string): void;
  stop(): void;
}

/** Starts a display for a run of `total` steps, `first` of which an earlier run has done. */
export function startProgress(report: Report, run: { readonly total: number; readonly first?: number }): Progress {
  return report.io.terminal === undefined ? lines(report, run) : bar(report, run, report.io.terminal);
}

function bar(report: Report, run: { total: number; first?: number }, stream: NodeJS.WriteStream): Progress {
  const format = `  {bar} {value}/{total}  loss {loss}  {rate} tokens/s  {left} left`;
  const single = new cliProgress.SingleBar(
    { format, stream, hideCursor: true, barsize: 28, linewrap: false, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  const clock = remainingTime(run);
  single.start(run.total, run.first ?? 0, { loss: "–", rate: "–", left: "?" });
  return {
    update: (progress) => single.update(progress.step, { ...columns(progress), left: clock(progress.step) }),
    interrupt: (line) => {
      stream.write(`\r\u001b[K`);
      report.note(line);
    },
    stop: () => single.stop(),
  };
}

function lines(report: Report, run: { total: number; first?: number }): Progress {
  const every = Math.max(1, Math.min(10, Math.floor(run.total / 10)));
  const clock = remainingTime(run);
  return {
    update: (progress) => {
      if (progress.step % every !== 0 && progress.step !== run.total) return;
      const { loss, rate } = columns(progress);
      report.note(`  step ${progress.step}/${run.total}  loss ${loss}  ${rate} tokens/s  ${clock(progress.step)} left`);
    },
    interrupt: (line) => report.note(line),
    stop: () => {},
  };
}

function columns(progress: StepProgress): { loss: string; rate: string } {
  return { loss: formatNumber(progress.loss), rate: progress.tokensPerSecond.toFixed(0) };
}

function remainingTime(run: { total: number; first?: number }): (step: number) => string {
  const begin = performance.now();
  return (step) => {
    const done = step - (run.first ?? 0);
    if (done <= 0) return "?";
    const perStep = (performance.now() - begin) / 1000 / done;
    return formatDuration(perStep * (run.total - step));
  };
}
