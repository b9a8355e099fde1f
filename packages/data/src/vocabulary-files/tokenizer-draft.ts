// What the classes of tokenizers differ in, before the marks that a folder names are put in.

import type { JsonObject } from "@lowrank/contracts";
import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";

/** Marks by their keys in tokenizer_config.json, in the order in which transformers adds those that the vocabulary lacks. */
export const markKeys = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** A mark's key. */
export type MarkKey = (typeof markKeys)[number];

/** What a class calls its marks where the folder does not name them. */
export type UsualMarks = Readonly<Partial<Record<MarkKey, string>>>;

/** A token that is looked for in a text before it is cut, as tokenizer.json has it. */
export interface DraftToken {
  readonly content: string;
  readonly special: boolean;
  readonly lstrip?: boolean;
}

/** Around one text and around two: marks by key, other tokens as they are, "A" and "B" for the texts. */
export interface Frame {
  readonly single: readonly string[];
  readonly pair: readonly string[];
  /** Whether the second text, with what follows it, is a segment of its own. */
  readonly hasSegments?: boolean;
}

/** A tokenizer.json without its added tokens and its template. */
export interface TokenizerDraft {
  /** By id. */
  readonly tokens: readonly string[];
  /** As tokenizer.json has it, with its vocabulary. */
  readonly model: JsonObject;
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  readonly frame: Frame | null;
  /** Tokens of the vocabulary that are looked for in texts, or that are to be added behind the marks. */
  readonly added: readonly DraftToken[];
  /** What is done otherwise to texts that a decoder is to write. */
  readonly target?: JsonObject;
  /** Fields of tokenizer_config.json that the class says otherwise than the folder. */
  readonly config?: JsonObject;
}

/** A folder's files as a class reads them. Each throws TokenizerError for what is broken. */
export interface VocabularySource {
  /** tokenizer_config.json, with what special_tokens_map.json says beside it. */
  readonly config: JsonObject;
  /** A mark's text; undefined where there is none. */
  mark(key: MarkKey): string | undefined;
  sentencePiece(file: string): Promise<SentencePieceModel>;
  json(file: string): Promise<unknown>;
  text(file: string): Promise<string>;
}

/** How one of transformers' classes is made of the files it is saved as. */
export interface TokenizerClass {
  /** Its names, without "Fast". */
  readonly names: readonly string[];
  /** The `model_type`s of config.json whose tokenizer it is. */
  readonly modelTypes: readonly string[];
  /** The files that it needs. */
  readonly files: readonly string[];
  readonly marks: UsualMarks;
  draft(source: VocabularySource): Promise<TokenizerDraft>;
}
