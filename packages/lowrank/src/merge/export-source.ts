// What an exported model takes from its base's files.

import { readTokenizerFiles, TokenizerError } from "@lowrank/data";
import type { ExportOptions } from "@lowrank/merge";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { setupFiles } from "../setup/adapter-setup.ts";
import { sentenceTexts } from "./sentence-folder.ts";

/** The base's folder, or what a .gguf file says in place of a config.json and a tokenizer. */
export async function exportSource(opened: OpenedBase, notices: Notices): Promise<ExportOptions["source"]> {
  const { folder, path } = opened;
  const source = await opened.source.openGguf?.();
  if (source === undefined) return folder ?? { config: {} };
  try {
    const { openGguf, readGgufConfig } = await import("../open/gguf-reading.ts");
    const config = await readGgufConfig(await openGguf(source), path);
    return { config, texts: await tokenizerTexts(opened, notices) };
  } finally {
    await source.close?.();
  }
}

/** A model without its tokenizer is worth more than none. */
async function tokenizerTexts(
  { files, tokenizerFolder }: OpenedBase,
  notices: Notices,
): Promise<ReadonlyMap<string, string>> {
  if (tokenizerFolder !== undefined || !(await files.has("tokenizer.json"))) return new Map();
  try {
    return await readTokenizerFiles(files, "all");
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    notices.warn({ code: "TOKENIZER_LEFT_OUT", message: `The merged model gets no tokenizer. ${error.message}` });
    return new Map();
  }
}

/** By file name: how embeddings are made of its states, or by which template it writes. Throws what `sentenceTexts` does. */
export async function mergedTexts(
  opened: Pick<OpenedBase, "model" | "source" | "recipe" | "setup">,
): Promise<ReadonlyMap<string, string>> {
  if (opened.model.task === "feature-extraction") return sentenceTexts(opened);
  const { template, system } = opened.setup ?? {};
  return new Map(setupFiles(given({ template, system })));
}
