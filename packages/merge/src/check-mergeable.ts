// Everything that can be known against a merge before a single number is computed.

import type { AdaptableModel } from "@lowrank/contracts";
import { type AdapterHandle, HandleDisposedError } from "@lowrank/inject";
import { AlreadyMergedError, ForeignAdapterError, NothingToMergeError, TiedWeightError } from "./errors.ts";
import { isMerged } from "./merge-stack.ts";

/** Throws unless all adapters can be merged into the model together. */
export function checkMergeable(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): void {
  if (handles.length === 0) throw new NothingToMergeError();
  for (const handle of handles) if (handle.isDisposed) throw new HandleDisposedError(handle.name);
  const twice = handles.filter((handle, index) => isMerged(model, handle) || handles.indexOf(handle) !== index);
  if (twice.length) throw new AlreadyMergedError(twice.map(({ name }) => name));
  const sites = new Set(model.sites());
  const parameters = new Set(model.parameters().map(({ path }) => path));
  for (const handle of handles) {
    const isOurs =
      handle.sites.every(({ site }) => sites.has(site)) &&
      handle.parameters.every(({ parameter }) => parameters.has(parameter.path));
    if (!isOurs) throw new ForeignAdapterError(handle.name);
  }
  const ties = handles.flatMap((handle) => tiesOf(handle));
  if (tied === "refuse" && ties.length) throw new TiedWeightError(ties);
}

interface Tie {
  readonly path: string;
  readonly tiedWith: string;
}

function tiesOf(handle: AdapterHandle): readonly Tie[] {
  return [...handle.sites.map(({ site }) => site), ...handle.parameters.map(({ parameter }) => parameter)].flatMap(
    ({ path, tiedWith }) => (tiedWith === undefined ? [] : [{ path, tiedWith }]),
  );
}
