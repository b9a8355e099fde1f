// The tokenizer of an opened model.

import { openTokenizer, type TextTokenizer } from "@lowrank/data";
import { TokenizerMissingError } from "../errors/model-errors.ts";
import type { OpenedBase } from "./open-base.ts";

/** Reads the tokenizer beside the model. Throws TokenizerMissingError where there is none. */
async function tokenizerOf({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
  if (!(await files.has("tokenizer.json"))) throw new TokenizerMissingError(path);
  return openTokenizer(files);
}

/** Tokenizers that were read already, each once. */
export class Tokenizers {
  readonly #known = new Map<OpenedBase["files"], Promise<TextTokenizer>>();

  of({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
    const known = this.#known.get(files) ?? tokenizerOf({ files, path });
    this.#known.set(files, known);
    return known;
  }
}
