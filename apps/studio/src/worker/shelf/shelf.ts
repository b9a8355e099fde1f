// The shelf's calls: listing, renaming, and deleting with undo.

import type { Answerer } from "../answerer.ts";
import type { Workshop } from "../workshop.ts";
import { freeName } from "./keep-adapter.ts";
import { storedEntries, storedEntry, sweep, writeEntry } from "./shelf-folder.ts";

/** Workshops whose shelf was listed: earlier deletions can no longer be undone. */
const swept = new WeakSet<Workshop>();

export const shelf: Answerer<"shelf"> = async (workshop) => {
  if (!swept.has(workshop)) await sweep(workshop.store);
  swept.add(workshop);
  return (await storedEntries(workshop.store)).filter(({ removed }) => removed === undefined);
};

export const rename: Answerer<"rename"> = async ({ store }, { id, name }) => {
  const renamed = { ...(await storedEntry(store, id)), name: await freeName(store, name, id) };
  await writeEntry(store, renamed);
  return renamed;
};

export const remove: Answerer<"remove"> = async ({ store }, { id }) => {
  // Where it is attached it stays so for now: an answer that is being written may need it.
  await writeEntry(store, { ...(await storedEntry(store, id)), removed: Date.now() });
  return undefined;
};

export const restore: Answerer<"restore"> = async ({ store }, { id }) => {
  const { removed: _, ...entry } = await storedEntry(store, id);
  await writeEntry(store, entry);
  return entry;
};
