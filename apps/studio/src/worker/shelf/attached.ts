// Adapters of the shelf on the open model: attached on first use, with a maximum number.

import { filesFolder } from "@lowrank/models";
import type { OpenedAdapter, OpenedModel } from "lowrank/browser";
import { loadRe2 } from "../later/re2.ts";
import type { WorkerState } from "../worker-state.ts";
import { type AdapterFolder, storedEntry, storedFolder } from "./shelf-folder.ts";

/** Attached adapters, the last used one at the end; they are disposed of with their model. */
const attachedTo = new WeakMap<OpenedModel, Map<string, OpenedAdapter>>();
/** A call needs two at most. */
const maxAttached = 4;

/**
 * The adapter of that id on the open model. It is the shelf's to dispose of, and may be gone after another call. Throws
 * NotOnShelfError, and the errors of `attach` for an adapter of another base.
 */
export async function attached(state: WorkerState, id: string): Promise<OpenedAdapter> {
  const held = heldBy(state);
  const known = held.get(id);
  if (known !== undefined) {
    held.delete(id);
    held.set(id, known);
    return known;
  }
  const { name } = await storedEntry(state.store, id);
  return attachFolder(state, { id, name, folder: await storedFolder(state.store, id) });
}

/** Attaches files that are not on the shelf yet. */
export async function attachFolder(
  state: WorkerState,
  { id, name, folder }: { readonly id: string; readonly name: string; readonly folder: AdapterFolder },
): Promise<OpenedAdapter> {
  const held = heldBy(state);
  await loadRe2();
  const adapter = await state.loaded.opened.attach(filesFolder(name, folder), { name: `shelf-${id}` });
  held.set(id, adapter);
  for (const oldest of [...held.keys()].slice(0, Math.max(0, held.size - maxAttached))) detach(state, oldest);
  return adapter;
}

/** Takes it off the model, if it is there. */
export function detach(state: WorkerState, id: string): void {
  if (state.model === undefined) return;
  heldBy(state).get(id)?.dispose();
  heldBy(state).delete(id);
}

function heldBy(state: WorkerState): Map<string, OpenedAdapter> {
  const { opened } = state.loaded;
  const held = attachedTo.get(opened) ?? new Map<string, OpenedAdapter>();
  attachedTo.set(opened, held);
  return held;
}
