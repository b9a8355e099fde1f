// Files that a command wrote or would write, one a line, with their sizes and hashes.

import { formatBytes } from "./terminal/format.ts";
import type { Report } from "./terminal/report.ts";

/** One file. */
export interface SaidFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256?: string;
}

/** Prints them and their sum. */
export function sayFiles(files: readonly SaidFile[], report: Pick<Report, "say">): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, sha256 } of files)
    report.say(`  ${formatBytes(bytes).padStart(9)}  ${sha256 === undefined ? "" : `${sha256}  `}${name}`);
  report.say(`  ${formatBytes(total).padStart(9)}  in all`);
}
