// The shelf's calls: listing, renaming, copying, and deleting with undo.

import type { Answerer } from "../answerer.ts";
import type { Workshop } from "../workshop.ts";
import { freeName, keepAdapter } from "./keep-adapter.ts";
import { storedEntries, storedEntry, storedFolder, sweep, writeEntry } from "./shelf-folder.ts";

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

export const duplicate: Answerer<"duplicate"> = async (workshop, { id }) => {
  const { name, question, settings, curve, model, address, chats } = await storedEntry(workshop.store, id);
  const folder = await storedFolder(workshop.store, id);
  return keepAdapter(workshop, folder, {
    name,
    question,
    settings,
    curve,
    origin: "copied",
    base: { model, address, chats },
  });
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
