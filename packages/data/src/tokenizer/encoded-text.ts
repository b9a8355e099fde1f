// The types that callers see, apart from those of the tokenizer library: its declarations do not compile under node16.

/** From the first character to behind the last one, in UTF-16 units of the text. */
export type CharacterSpan = readonly [start: number, end: number];

/** A text as ids, and where in it the tokens are from. */
export interface EncodedText {
  readonly inputIds: readonly number[];
  /** The first token that is no mark. */
  readonly textStart: number;
  /** For each token that is no mark, its characters: UTF-16 units from the first to behind the last. */
  readonly spans: readonly CharacterSpan[];
}
