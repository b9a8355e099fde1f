// Shows the progress of a long measurement.

import type { Count } from "../../notices.ts";
import type { LastLine } from "./last-line.ts";

export interface Counted {
  readonly what: string;
  readonly total: number;
  /** Milliseconds; by default the process's own. */
  readonly clock?: () => number;
}

const quiet = 5000; // milliseconds between two lines without a terminal

/** Starts at 0: an updated line on a terminal, otherwise a line every few seconds, so that short work prints nothing. */
export function startCount(
  report: { readonly lastLine: LastLine; note(line: string): void },
  { what, total, clock = () => performance.now() }: Counted,
): Count {
  const { lastLine } = report;
  let done = 0;
  let last = clock();
  const draw = () => lastLine.show(what, `  ${what} ${done}/${total}`);
  draw();
  return {
    add(more) {
      done += more;
      if (lastLine.isWatched) draw();
      else if (clock() - last >= quiet && done < total) {
        last = clock();
        report.note(`  ${what} ${done}/${total}`);
      }
    },
    stop: () => lastLine.remove(what),
  };
}
