// Which options of a run that keeps itself go together.

import { KeepingOptionsError } from "../errors/library-errors.ts";
import type { KeepingOptions, LoopOptions, RunOptions } from "./training-options.ts";

const needFolder = ["overwrite", "resume", "saveEvery", "keep", "tensorBoard", "verifyBase"] as const;
const ownKeeping = ["checkpoint", "resumeFrom", "fingerprint"] as const;

/** Throws KeepingOptionsError for options that contradict each other, and for counts that are none. */
export function checkKeeping(options: KeepingOptions & RunOptions): void {
  const { out } = options;
  const isGiven = (name: keyof (KeepingOptions & RunOptions)) => options[name] !== undefined;
  const problems =
    out === undefined
      ? needFolder.filter(isGiven).map((name) => `${name}: needs a folder to keep the run in, add { out }`)
      : ownKeeping.filter(isGiven).map((name) => `${name}: the run in { out } sees to it itself, remove one of them`);
  for (const [name, count] of [
    ["saveEvery", options.saveEvery],
    ["keep.last", options.keep?.last],
  ] as const) {
    if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) continue;
    problems.push(`${name}: expected a whole number from 1, got ${count}`);
  }
  if (problems.length > 0) throw new KeepingOptionsError(problems);
}

/** How often a run keeps itself and what stays: one that may stop early needs its best. */
export function keepingOf({
  saveEvery,
  keep,
  patience,
  tensorBoard,
}: Pick<KeepingOptions, "saveEvery" | "keep" | "tensorBoard"> & Pick<LoopOptions, "patience">) {
  return { saveEvery, keep: keep ?? (patience === undefined ? undefined : { best: true }), patience, tensorBoard };
}
