// The meaning of a row of a data file, independent of its keys.

import type { ChatExample, CompletionExample, InstructionExample, PromptExample } from "./answered-examples.ts";
import type { AudioInput } from "./audio/read-wav.ts";
import type { ImageInput } from "./images/image-input.ts";
import type { AnswerSpan, AudioFeatures, TokenMasks } from "./tokenized-example.ts";

export type { ChatExample, ChatMessage, CompletionExample, ImagePart, PromptExample } from "./answered-examples.ts";

/** Plain text, all of it trained. */
interface TextExample {
  readonly kind: "text";
  readonly text: string;
}

/** Preference: a chosen and a rejected answer to the same prompt. Both conversations begin alike. */
export interface PreferenceExample {
  readonly kind: "preference";
  readonly chosen: CompletionExample | ChatExample;
  readonly rejected: CompletionExample | ChatExample;
}

/** A single judgement (KTO): a good or a bad answer. */
interface JudgedExample {
  readonly kind: "judged";
  readonly answer: CompletionExample | ChatExample;
  readonly isGood: boolean;
}

/** The label of a row: a class by its number from 0 or its name, the number of a regression, or several classes (multi-label). */
export type Label = number | string | readonly (number | string)[];

/** A sentence, or two sentences, and the label. */
export interface SentenceExample {
  readonly kind: "sentence";
  readonly sentence: string;
  readonly pair?: string;
  readonly label: Label;
  /** For ranking: the number of the search. The texts of one search are ranked among each other. */
  readonly search?: number;
}

/** A question about a text that contains the answer, as in SQuAD. */
export interface QuestionExample {
  readonly kind: "question";
  readonly question: string;
  readonly context: string;
  /** Correct answers; empty if the text does not answer the question. The first one is trained, and validation accepts all. */
  readonly answers: readonly Answer[];
}

/** A span of a context. */
export interface Answer {
  readonly text: string;
  /** Its start in the context, in UTF-16 units. */
  readonly start: number;
}

/** Multiple choice: several endings, for which a model computes how well each fits. */
interface ChoiceExample {
  readonly kind: "choice";
  /** The first text of each input: a question or a context. */
  readonly about: string;
  readonly choices: readonly string[];
  /** The second text of each input: the choice, after the row's beginning of it if there is one. */
  readonly endings: readonly string[];
}

/** An image and its label. An image that is not prepared yet (`resizeImage`) is prepared with its batch (`decodedBatches`). */
export interface ImageExample {
  readonly kind: "image";
  readonly image: ImageInput;
  readonly label: Label;
}

/** A recording and its transcript. It becomes a SpeechExample when its features are computed. */
export interface AudioExample extends Pick<SpeechExample, "text" | "start"> {
  readonly kind: "audio";
  readonly audio: AudioInput;
}

/** The features of a recording, and the transcript. Only the text is trained. */
export interface SpeechExample extends AudioFeatures {
  readonly kind: "speech";
  readonly text: string;
  /**
   * Special tokens at the start of the text, such as `<|startoftranscript|><|ko|><|transcribe|><|notimestamps|>`. Default: the
   * tokenizer's own.
   */
  readonly start?: string;
}

/** Texts to compare, for training embeddings. */
export interface ComparisonExample {
  readonly kind: "comparison";
  /** With a score: two texts. Otherwise: an anchor, a positive, and any number of negatives. */
  readonly texts: readonly string[];
  /** The similarity of the two texts; higher is more similar. */
  readonly score?: number;
}

/** Text that is already tokenized. */
export interface TokensExample extends TokenMasks {
  readonly kind: "tokens";
  readonly inputIds: readonly number[];
  /** One label for each token (−100: not trained), or the class or the number of the whole row. */
  readonly labels: readonly number[] | number;
}

/** One row of a data file. */
export type Example =
  | CompletionExample
  | InstructionExample
  | TextExample
  | ChatExample
  | PreferenceExample
  | JudgedExample
  | PromptExample
  | SentenceExample
  | QuestionExample
  | ChoiceExample
  | ImageExample
  | AudioExample
  | SpeechExample
  | ComparisonExample
  | AnswerSpan
  | TokensExample;
