// What the kinds of GGUF tokenizers differ in.

import type { GgufMarks, GgufToken } from "./gguf-vocabulary.ts";

/** Parts of a tokenizer.json. */
export interface TokenizerParts {
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  /** Fields of the model beside its vocabulary. */
  readonly model: Readonly<Record<string, unknown>>;
  /** How the vocabulary writes a token, where the file writes it otherwise. */
  readonly wordOf?: (token: GgufToken) => string;
  /** Whether a text starts with a mark where the file does not say it. */
  readonly addsBos: boolean;
  /** Which marks stand around a text; the second of two texts begins without one where `isOneFrame`. */
  readonly frame?: { readonly start: keyof GgufMarks; readonly end: keyof GgufMarks; readonly isOneFrame: boolean };
  /** Ids of marks where the file does not name them. */
  readonly impliedMarks: GgufMarks;
}

/** A BPE model with the fields that it has in every tokenizer.json. */
export function bpeModel(
  merges: readonly (readonly [string, string])[],
  others: Readonly<Record<string, unknown>>,
): TokenizerParts["model"] {
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ...others,
    merges,
  };
}
