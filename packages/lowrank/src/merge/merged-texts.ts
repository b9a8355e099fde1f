// Texts that are written next to a merged model's weights, so that it is used as its adapter was.

import { given } from "../given.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { setupFiles } from "../setup/adapter-setup.ts";
import { sentenceTexts } from "./sentence-folder.ts";

/** By file name: how embeddings are made of its states, or by which template it writes. Throws what `sentenceTexts` does. */
export async function mergedTexts(
  opened: Pick<OpenedBase, "model" | "source" | "recipe" | "setup">,
): Promise<ReadonlyMap<string, string>> {
  if (opened.model.task === "feature-extraction") return sentenceTexts(opened);
  const { template, system } = opened.setup ?? {};
  return new Map(setupFiles(given({ template, system })));
}
