// The weighted sum of adapters, as an adapter of its own.

import { writeAdapter } from "@lowrank/adapter-format";
import { LowrankError, listed } from "@lowrank/contracts";
import { combineAdapters } from "@lowrank/merge";
import type { CallHandler } from "../call-handler.ts";
import { keepAdapter } from "./keep-adapter.ts";
import { readStored, storedEntry } from "./shelf-folder.ts";

/** Throws MIXED_BASES, and the errors of `combineAdapters`: for example, DoRA has no sum. */
export const mix: CallHandler<"mix"> = async (state, { name, parts }) => {
  const { store } = state;
  const entries = await Promise.all(parts.map(({ id }) => storedEntry(store, id)));
  const models = [...new Set(entries.map(({ model }) => model))];
  const [first] = entries;
  if (first === undefined || models.length !== 1)
    throw new LowrankError(
      "MIXED_BASES",
      `Adapters of different models cannot be mixed: these are for ${listed(models)}.`,
    );
  const adapters = await Promise.all(
    parts.map(async ({ id, weight }) => ({ adapter: await readStored(store, id), weight })),
  );
  const { model, address, chats } = first;
  const files = new Map(Object.entries(writeAdapter(combineAdapters(adapters))));
  return keepAdapter(state, files, { name, origin: "mixed", base: { model, address, chats } });
};
