// Files of the base that an exported model needs.

import { LowrankError } from "@lowrank/contracts";
import { readTokenizerFiles } from "@lowrank/data/internal";
import type { ExportOptions } from "@lowrank/merge/internal";
import type { Notices } from "../notices.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { setupFiles } from "../setup/adapter-setup.ts";
import { sentenceFiles } from "./sentence-folder.ts";

/** The base's folder, or the config.json and tokenizer from a .gguf file's metadata. */
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

/** A model without its tokenizer is better than no model. */
async function tokenizerTexts(
  { files, tokenizerFolder }: OpenedBase,
  notices: Notices,
): Promise<ReadonlyMap<string, string>> {
  if (tokenizerFolder !== undefined || !(await files.has("tokenizer.json"))) return new Map();
  try {
    return await readTokenizerFiles(files, "all");
  } catch (error) {
    if (!LowrankError.isInstance(error, "TOKENIZER_INVALID")) throw error;
    notices.warn({ code: "TOKENIZER_LEFT_OUT", message: `The merged model gets no tokenizer. ${error.message}` });
    return new Map();
  }
}

/** Files by name: the pooling of embeddings, or the chat template. Throws the errors of `sentenceFiles`. */
export async function mergedTexts(
  opened: Pick<OpenedBase, "model" | "source" | "embedding" | "setup">,
): Promise<ReadonlyMap<string, string>> {
  if (opened.model.task === "feature-extraction") return sentenceFiles(opened);
  const { template, system } = opened.setup ?? {};
  return new Map(setupFiles(omitUndefined({ template, system })));
}
