// Tokenized examples, from which batches are made.

import type { PromptExample } from "./answered-examples.ts";
import type { AudioInput } from "./audio/read-wav.ts";
import type { ImageInput } from "./images/image-input.ts";
import type { Pixels } from "./images/prepare-image.ts";

/** The label that the loss ignores, as in torch's cross-entropy. */
export const ignoredLabel = -100;

/** Further inputs of a model, with one entry for each token. */
export interface TokenMasks {
  readonly attentionMask?: readonly number[];
  readonly tokenTypeIds?: readonly number[];
}

/** The present masks, truncated by `cut` in the same way as the ids. */
export function truncateMasks(
  { attentionMask, tokenTypeIds }: TokenMasks,
  cut: (values: readonly number[]) => readonly number[],
): TokenMasks {
  return {
    ...(attentionMask === undefined ? {} : { attentionMask: cut(attentionMask) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: cut(tokenTypeIds) }),
  };
}

/** One text as tokens, with a label for each: the token itself, or −100 if it is not trained. */
export interface TokenSequence extends TokenMasks {
  readonly kind: "sequence";
  /** The images of a conversation, in the order of their tokens, which are opened with its batch. */
  readonly images?: readonly ImageInput[];
  /** The model's input for the images: one square or several of each (`tileImage`). */
  readonly tiles?: readonly Pixels[];
  readonly inputIds: readonly number[];
  /** Not shifted: `labels[t]` belongs to `inputIds[t]`, and the loss predicts it from what comes before t. */
  readonly labels: readonly number[];
}

/** One text (or two) as tokens, or an image, and its class. */
export interface ClassifiedSequence extends TokenMasks, ImageInputs {
  readonly kind: "classified";
  /** The class's number from 0. */
  readonly label: number;
}

/** One text (or two) as tokens, or an image, and the target of each output of the model. */
export interface ScoredSequence extends TokenMasks, ImageInputs {
  readonly kind: "scored";
  /** The number of a regression; or for multi-label, 1 for each class of the row and 0 for others. */
  readonly scores: readonly number[];
  /** For ranking: the number of the search. */
  readonly search?: number;
}

/** The input of a classifier. */
export interface ImageInputs {
  /** Empty for an image. */
  readonly inputIds: readonly number[];
  /** The prepared image. */
  readonly pixels?: Pixels;
  /** An image that is prepared with its batch. */
  readonly image?: ImageInput;
}

/** The log-mel features of a recording. */
export interface AudioFeatures {
  /** [melBins · frames], as `logMelFeatures` makes them. */
  readonly features: Float32Array;
  readonly melBins: number;
  /** Frames of the model's input. Missing frames are filled with silence, the last frame of each bin. Default: those in `features`. */
  readonly frames?: number;
}

/** Input and target of an encoder–decoder. */
export interface SourceTarget extends TokenMasks {
  readonly kind: "source-target";
  /** The input of the encoder; empty for audio. */
  readonly inputIds: readonly number[];
  /** The features of a recording. */
  readonly audioFeatures?: AudioFeatures;
  /** A recording whose features are computed with its batch. */
  readonly audio?: AudioInput;
  /** The target with its end token; of any length. −100 is not trained. */
  readonly labels: readonly number[];
}

/** A text as tokens, and the span of the answer. */
export interface AnswerSpan extends TokenMasks {
  readonly kind: "span";
  readonly inputIds: readonly number[];
  /** The answer's first token. `start` and `end` are 0 without an answer. */
  readonly start: number;
  readonly end: number;
}

/** Texts to compare, each as tokens of its own. */
export interface ComparedTexts extends TokenMasks {
  readonly kind: "comparison";
  /** The first text. */
  readonly inputIds: readonly number[];
  readonly others: readonly (readonly number[])[];
  readonly score?: number;
}

/** Preference: two answers after one prompt, each with its labels; the chosen one first. */
interface ComparedAnswers extends Omit<TokenSequence, "kind"> {
  readonly kind: "preference";
  readonly rejected: TokenSequence;
}

/** A single judgement (KTO): an answer after its prompt, and whether it is good. */
interface JudgedAnswer extends Omit<TokenSequence, "kind"> {
  readonly kind: "judged";
  readonly isGood: boolean;
}

/** A prompt whose completions the model writes, and the fields of its row. */
export interface PromptTokens extends TokenMasks {
  readonly kind: "prompt";
  readonly inputIds: readonly number[];
  readonly asked: PromptExample["asked"];
  readonly row: PromptExample["row"];
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
  | JudgedAnswer
  | PromptTokens;

/** Whether an example has an image or a recording that is not decoded. */
export function isUndecoded(example: TokenizedExample): boolean {
  if ("images" in example && example.images !== undefined) return true;
  return ("image" in example && example.image !== undefined) || ("audio" in example && example.audio !== undefined);
}

/** The labels of an example: one for each token (of a prompt its tokens), a class, one for each output, start and end, or a comparison's score. */
export function labelsOf(example: TokenizedExample): readonly number[] {
  if (example.kind === "classified") return [example.label];
  if (example.kind === "scored") return example.scores;
  if (example.kind === "comparison") return example.score === undefined ? [] : [example.score];
  if (example.kind === "prompt") return example.inputIds;
  return example.kind === "span" ? [example.start, example.end] : example.labels;
}

/** The number of tokens that a model computes for an example: of all its texts; 1 for an image. */
export function tokensIn(example: TokenizedExample): number {
  const { length } = example.inputIds;
  if (example.kind === "source-target") return length + example.labels.length;
  if (example.kind === "preference") return length + example.rejected.inputIds.length;
  if (example.kind === "comparison") return example.others.reduce((sum, other) => sum + other.length, length);
  return Math.max(1, length);
}

/** Which labels of a sequence the loss counts. */
export interface CountedLabels {
  /**
   * Whether the first token's label counts. True for all models except causal ones, which have no input to predict it from. Default
   * false.
   */
  readonly firstCounts?: boolean;
}

/** The number of labels that the loss counts. */
export function supervisedTokens(labels: ArrayLike<number>, { firstCounts = false }: CountedLabels = {}): number {
  let count = 0;
  for (let t = firstCounts ? 0 : 1; t < labels.length; t += 1) if (labels[t] !== ignoredLabel) count += 1;
  return count;
}
