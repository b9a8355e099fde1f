// The tokenizer of an opened model.

import { openTokenizer, type TextTokenizer } from "@lowrank/data";
import { TokenizerMissingError } from "../errors/model-errors.ts";
import type { OpenedBase } from "./open-base.ts";

/** Reads the tokenizer beside the model. Throws TokenizerMissingError where there is none. */
export async function tokenizerOf({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
  if (!(await files.has("tokenizer.json"))) throw new TokenizerMissingError(path);
  return openTokenizer(files);
}
