// What is merged and written comes from the base's files, not from what a base in fewer bits made of them.

import type { Notices } from "../notices.ts";
import { type OpenedBase, openBase } from "../open/open-base.ts";

/** The same base in float32 with the same adapter; the caller disposes of it. */
export async function openExactly(
  { handle, model, source, tokenizerFolder, recipe, setup }: OpenedBase,
  notices: Notices,
): Promise<OpenedBase> {
  if (handle === undefined) throw new Error("There is no adapter to merge.");
  const adapter = await handle.toAdapter();
  const places = {
    model: async () => source,
    adapter: async () => ({
      ...{ name: handle.name, tokenizer: tokenizerFolder },
      ...{ read: async () => adapter, setup: async () => setup ?? {} },
    }),
  };
  const exact = await openBase(places, { task: model.task, leastTokens: model.config.vocabularySize }, notices);
  return { ...exact, recipe };
}
