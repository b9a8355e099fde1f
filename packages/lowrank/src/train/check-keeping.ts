// Checks the options of a run folder, and opens the folder.

import { keepingOptions } from "../errors/library-errors.ts";
import type { Notices } from "../notices.ts";
import type { OpenedBase } from "../open/open-base.ts";
import type { Platform } from "../platform.ts";
import type { RunFolder } from "../run-folder.ts";
import type { KeepingOptions, RunOptions } from "./training-options.ts";

const needFolder = [
  ...(["overwrite", "resume", "saveEvery", "keepCheckpoints", "tensorBoard", "report", "verifyBase"] as const),
];
const ownKeeping = ["checkpoint", "resumeFrom", "fingerprint"] as const;

/** Throws KEEPING_OPTIONS for contradictory options and an invalid count. */
export function checkKeeping(options: KeepingOptions & RunOptions): void {
  const { out } = options;
  const isGiven = (name: keyof (KeepingOptions & RunOptions)) => options[name] !== undefined;
  const problems =
    out === undefined
      ? needFolder.filter(isGiven).map((name) => `${name}: requires a run folder; add { out }`)
      : ownKeeping.filter(isGiven).map((name) => `${name}: { out } already does this; remove one of them`);
  const { last = 1 } = options.keepCheckpoints ?? {};
  if (!(Number.isSafeInteger(last) && last >= 1))
    problems.push(`keepCheckpoints.last: expected a whole number from 1, got ${last}`);
  if (problems.length > 0) throw keepingOptions(problems);
}

interface RunOpener {
  readonly platform: Platform;
  readonly notices: Notices;
  readonly opened: Pick<OpenedBase, "path" | "adapterPath">;
}

/** The locked run folder; undefined if the options name none. Throws the errors of `Platform.openRun`. */
export async function openRun(
  { platform, notices, opened }: RunOpener,
  options: KeepingOptions & RunOptions,
  data: readonly unknown[],
): Promise<RunFolder | undefined> {
  checkKeeping(options);
  const { out, overwrite, resume, communicator, onWarning = notices.warn } = options;
  if (out === undefined) return undefined;
  const files = data.flat().filter((each) => typeof each === "string");
  const inputs = [opened.path, opened.adapterPath, ...files];
  return platform.openRun(out, { overwrite, resume, inputs, communicator, onWarning });
}
