// Checks a merge before any number is computed.

import type { AdaptableModel } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import { checkTogether, handleDisposedError } from "@lowrank/inject/internal";
import {
  alreadyMergedError,
  ForeignAdapterError,
  nothingToMergeError,
  tiedWeightError,
  unmergeableError,
} from "./errors.ts";
import { isMerged } from "./merged-handle.ts";

/** Throws unless all adapters can be merged into the model together. */
export function checkMergeable(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): void {
  if (handles.length === 0) throw nothingToMergeError();
  for (const handle of handles) if (handle.isDisposed) throw handleDisposedError(handle.name);
  const twice = handles.filter((handle, index) => isMerged(model, handle) || handles.indexOf(handle) !== index);
  if (twice.length) throw alreadyMergedError(twice.map(({ name }) => name));
  for (const handle of handles) if (handle.model !== model) throw new ForeignAdapterError(handle.name);
  checkTogether(handles);
  const problems = handles.flatMap(({ changes }) =>
    changes.flatMap(({ path, problem }) => (problem === undefined ? [] : [{ path, problem }])),
  );
  if (problems.length) throw unmergeableError(problems);
  const ties = handles.flatMap((handle) => tiesOf(handle));
  if (tied === "refuse" && ties.length) throw tiedWeightError(ties);
}

interface Tie {
  readonly path: string;
  readonly tiedWith: string;
}

function tiesOf({ changes }: AdapterHandle): readonly Tie[] {
  return changes.flatMap(({ path, tiedWith }) => (tiedWith === undefined ? [] : [{ path, tiedWith }]));
}
