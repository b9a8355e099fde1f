// Types for callers, without imports from the tokenizer library: its declarations do not compile under node16.

/** A range of characters, in UTF-16 units; `end` is exclusive. */
export type CharacterSpan = readonly [start: number, end: number];

/** A text as ids, with the characters of each token. */
export interface EncodedText {
  readonly inputIds: readonly number[];
  /** Index of the first token that is not a special token. */
  readonly textStart: number;
  /** The span of each token that is not a special token. */
  readonly spans: readonly CharacterSpan[];
}
