// What the kinds of GGUF tokenizers differ in.

import type { GgufMarks } from "./gguf-vocabulary.ts";

/** Parts of a tokenizer.json. */
export interface TokenizerParts {
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  readonly merges: readonly (readonly [string, string])[];
  /** Fields of the BPE model beside its vocabulary and merges. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Whether a text starts with a mark where the file does not say it. */
  readonly addsBos: boolean;
  /** Ids of marks where the file does not name them. */
  readonly impliedMarks: GgufMarks;
}
