// The shelf's calls: listing, renaming, and deleting with undo.

import type { CallHandler } from "../call-handler.ts";
import type { WorkerState } from "../worker-state.ts";
import { freeName } from "./keep-adapter.ts";
import { storedEntries, storedEntry, sweep, writeEntry } from "./shelf-folder.ts";

/** States whose shelf was listed: earlier deletions can no longer be undone. */
const swept = new WeakSet<WorkerState>();

export const shelf: CallHandler<"shelf"> = async (state) => {
  if (!swept.has(state)) await sweep(state.store);
  swept.add(state);
  return (await storedEntries(state.store)).filter(({ removed }) => removed === undefined);
};

export const rename: CallHandler<"rename"> = async ({ store }, { id, name }) => {
  const renamed = { ...(await storedEntry(store, id)), name: await freeName(store, name, id) };
  await writeEntry(store, renamed);
  return renamed;
};

export const remove: CallHandler<"remove"> = async ({ store }, { id }) => {
  // If it is attached it stays so for now: an answer that is being written may need it.
  await writeEntry(store, { ...(await storedEntry(store, id)), removed: Date.now() });
  return undefined;
};

export const restore: CallHandler<"restore"> = async ({ store }, { id }) => {
  const { removed: _, ...entry } = await storedEntry(store, id);
  await writeEntry(store, entry);
  return entry;
};
