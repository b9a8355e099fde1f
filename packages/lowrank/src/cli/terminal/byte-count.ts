// Shows the progress of long reading or writing of files, with the remaining time.

import { formatBytes, formatDuration } from "./format.ts";
import type { Report } from "./report.ts";

/** Milliseconds between two updates on a terminal, and between two lines elsewhere. */
const pauses = { watched: 100, quiet: 5000 };

/** Starts at the first report: an updated line on a terminal, otherwise a line every few seconds. */
export function startByteCount(
  { lastLine, note }: Pick<Report, "lastLine" | "note">,
  what: string,
  clock: () => number = () => performance.now(),
) {
  const pause = lastLine.isWatched ? pauses.watched : pauses.quiet;
  let start: { readonly time: number; readonly bytes: number } | undefined;
  let drawn = clock();
  return {
    at({ bytes, total }: { readonly bytes: number; readonly total: number }): void {
      const now = clock();
      // Bytes of an earlier run do not count for this run's speed.
      start ??= { time: now, bytes };
      if (now - drawn < pause || bytes >= total) return;
      drawn = now;
      const left = ((now - start.time) / 1000) * ((total - bytes) / (bytes - start.bytes));
      const text = `  ${formatBytes(bytes)} of ${formatBytes(total)} ${what}, ${formatDuration(left)} left`;
      if (lastLine.isWatched) lastLine.show(what, text);
      else note(text);
    },
    stop: () => lastLine.remove(what),
  };
}
