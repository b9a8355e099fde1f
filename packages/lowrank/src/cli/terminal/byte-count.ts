// Says how far a long reading or writing of files is, and when it will be done.

import { formatBytes, formatDuration } from "./format.ts";
import type { Report } from "./report.ts";

/** Milliseconds between two drawings, and between two lines where nobody watches. */
const pauses = { watched: 100, quiet: 5000 };

/** Starts at the first report: a line that is redrawn where somebody watches, else one every few seconds. */
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
      // What an earlier run did says nothing of this one's speed.
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
