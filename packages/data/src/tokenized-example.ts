// What a batch is made of.

import type { AudioInput } from "./audio/read-wav.ts";
import type { ImageInput } from "./images/image-input.ts";
import type { Pixels } from "./images/prepare-image.ts";

/** The label that the loss passes over, as torch's cross-entropy does. */
export const ignoredLabel = -100;

/** What a model reads beside ids, one entry for each token. */
export interface TokenMasks {
  readonly attentionMask?: readonly number[];
  readonly tokenTypeIds?: readonly number[];
}

/** The masks that are there, each shortened by `cut` as the ids are. */
export function cutMasks(
  { attentionMask, tokenTypeIds }: TokenMasks,
  cut: (values: readonly number[]) => readonly number[],
): TokenMasks {
  return {
    ...(attentionMask === undefined ? {} : { attentionMask: cut(attentionMask) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: cut(tokenTypeIds) }),
  };
}

/** One text as tokens, with a label for each: the token itself, or −100 where it is not trained. */
export interface TokenSequence extends TokenMasks {
  readonly kind: "sequence";
  readonly inputIds: readonly number[];
  /** Not shifted: `labels[t]` belongs to `inputIds[t]`, and the loss predicts it from what comes before t. */
  readonly labels: readonly number[];
}

/** One text (or pair) as tokens, or a picture, and its class. */
export interface ClassifiedSequence extends TokenMasks, Seen {
  readonly kind: "classified";
  /** The class's number from 0. */
  readonly label: number;
}

/** One text (or pair) as tokens, or a picture, and what each output of the model should be. */
export interface ScoredSequence extends TokenMasks, Seen {
  readonly kind: "scored";
  /** The number of a regression; or for each class 1 where it is one of the row's, else 0. */
  readonly scores: readonly number[];
  /** The number of the search that the pair belongs to, where it is ranked among others. */
  readonly search?: number;
}

/** What a classifier reads. */
export interface Seen {
  /** Empty where it sees. */
  readonly inputIds: readonly number[];
  /** What it sees instead. */
  readonly pixels?: Pixels;
  /** The picture of which pixels are made when a batch draws it. */
  readonly image?: ImageInput;
}

/** What a model hears. */
export interface Sounds {
  /** [melBins · frames], as `logMelFeatures` makes them. */
  readonly features: Float32Array;
  readonly melBins: number;
  /** How many frames the model hears; those that are not there are all silence, as the last one of each bin. Default: those there. */
  readonly frames?: number;
}

/** What an encoder–decoder reads or hears, and what its decoder is to write. */
export interface SourceTarget extends TokenMasks {
  readonly kind: "source-target";
  /** What the encoder reads; empty where it hears. */
  readonly inputIds: readonly number[];
  /** What it hears instead. */
  readonly sounds?: Sounds;
  /** The recording of which sounds are made when a batch draws it. */
  readonly audio?: AudioInput;
  /** What the decoder writes, its end token included; of any length. −100 is not trained. */
  readonly labels: readonly number[];
}

/** A text as tokens, and which of them the answer is. */
export interface AnswerSpan extends TokenMasks {
  readonly kind: "span";
  readonly inputIds: readonly number[];
  /** The answer's first token, and its last; both 0 where there is none. */
  readonly start: number;
  readonly end: number;
}

/** Texts to be compared, each as tokens of its own. */
export interface ComparedTexts extends TokenMasks {
  readonly kind: "comparison";
  /** The first text. */
  readonly inputIds: readonly number[];
  readonly others: readonly (readonly number[])[];
  readonly score?: number;
}

/** Two answers behind one prompt, each with its labels; the better one first. */
interface ComparedAnswers extends Omit<TokenSequence, "kind"> {
  readonly kind: "preference";
  readonly rejected: TokenSequence;
}

/** An answer behind its prompt, and whether it is a good one. */
interface JudgedAnswer extends Omit<TokenSequence, "kind"> {
  readonly kind: "judged";
  readonly isGood: boolean;
}

/** An example as tokens. */
export type TokenizedExample =
  | TokenSequence
  | ClassifiedSequence
  | ScoredSequence
  | SourceTarget
  | AnswerSpan
  | ComparedTexts
  | ComparedAnswers
  | JudgedAnswer;

/** Whether an example has a picture or a recording that nobody has opened. */
export function isUndecoded(example: TokenizedExample): boolean {
  return ("image" in example && example.image !== undefined) || ("audio" in example && example.audio !== undefined);
}

/** The labels of an example: one a token, a class, one for each output, start and end, or a comparison's score. */
export function labelsOf(example: TokenizedExample): readonly number[] {
  if (example.kind === "classified") return [example.label];
  if (example.kind === "scored") return example.scores;
  if (example.kind === "comparison") return example.score === undefined ? [] : [example.score];
  return example.kind === "span" ? [example.start, example.end] : example.labels;
}

/** How many tokens a model computes for an example: of all its texts; 1 for what is only seen. */
export function tokensIn(example: TokenizedExample): number {
  const { length } = example.inputIds;
  if (example.kind === "source-target") return length + example.labels.length;
  if (example.kind === "preference") return length + example.rejected.inputIds.length;
  if (example.kind === "comparison") return example.others.reduce((sum, other) => sum + other.length, length);
  return Math.max(1, length);
}

/** Which labels of a sequence a loss counts. */
export interface CountedLabels {
  /**
   * Whether the first token's label counts: in every model but a causal one, which predicts that token from nothing.
   * Default false.
   */
  readonly firstCounts?: boolean;
}

/** How many labels of a sequence a loss counts. */
export function supervisedTokens(labels: ArrayLike<number>, { firstCounts = false }: CountedLabels = {}): number {
  let count = 0;
  for (let t = firstCounts ? 0 : 1; t < labels.length; t += 1) if (labels[t] !== ignoredLabel) count += 1;
  return count;
}
