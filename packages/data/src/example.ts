// What a row of a data file means, whatever its keys were called.

import type { AudioInput } from "./audio/read-wav.ts";
import type { ImageInput } from "./images/image-input.ts";
import type { AnswerSpan, Sounds, TokenMasks } from "./tokenized-example.ts";

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  /** False for an answer that is shown but not trained. */
  readonly isTrained?: boolean;
  /** What a model's own template may read besides: `name`, `tool_calls`, `tool_call_id`, `reasoning_content`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A prompt and what the model should say next. Only the completion is trained. */
export interface CompletionExample {
  readonly kind: "completion";
  readonly prompt: string;
  readonly completion: string;
}

/** Alpaca's form: a task, perhaps with material, and the answer. Only the output is trained. */
interface InstructionExample {
  readonly kind: "instruction";
  readonly instruction: string;
  /** Empty where the task needs no material. */
  readonly input: string;
  readonly output: string;
}

/** Running text, all of it trained. */
interface TextExample {
  readonly kind: "text";
  readonly text: string;
}

/** A conversation. Only what the assistant says is trained. */
export interface ChatExample {
  readonly kind: "chat";
  readonly messages: readonly ChatMessage[];
  /** Functions that the assistant may call, as JSON Schema describes them; the model's own template writes them. */
  readonly tools?: readonly unknown[];
}

/** Two answers to the same, of which one is better. Both begin alike. */
export interface PreferenceExample {
  readonly kind: "preference";
  readonly chosen: CompletionExample | ChatExample;
  readonly rejected: CompletionExample | ChatExample;
}

/** An answer that somebody liked, or did not. */
interface JudgedExample {
  readonly kind: "judged";
  readonly answer: CompletionExample | ChatExample;
  readonly isGood: boolean;
}

/** A row's class, by its number from 0 or its name; the number that a regression is to give; or all of a row's classes. */
export type Label = number | string | readonly (number | string)[];

/** A sentence, or a pair of them, and its label. */
export interface SentenceExample {
  readonly kind: "sentence";
  readonly sentence: string;
  readonly pair?: string;
  readonly label: Label;
  /** Of a pair, the number of the search that it belongs to, whose pairs are ranked among each other. */
  readonly search?: number;
}

/** A question about a text that holds its answer, as SQuAD has them. */
export interface QuestionExample {
  readonly kind: "question";
  readonly question: string;
  readonly context: string;
  /** Right answers; none where the text does not answer the question. The first is trained, all are compared with. */
  readonly answers: readonly Answer[];
}

/** A stretch of a context. */
export interface Answer {
  readonly text: string;
  /** Where it starts in the context, in UTF-16 units. */
  readonly start: number;
}

/** Answers to choose from, of which a model says how well each goes with what it is about. */
interface ChoiceExample {
  readonly kind: "choice";
  /** What a model reads first: a question, or a text. */
  readonly about: string;
  readonly choices: readonly string[];
  /** What it reads after it for each: the choice, or what the row begins of each and the choice. */
  readonly endings: readonly string[];
}

/** A picture and its label. One that is not prepared yet (`resizeImage`) is when a batch draws it (`decodedBatches`). */
export interface ImageExample {
  readonly kind: "image";
  readonly image: ImageInput;
  readonly label: Label;
}

/** A recording and what is said in it: speech, once its features are made. */
export interface AudioExample extends Pick<SpeechExample, "text" | "start"> {
  readonly kind: "audio";
  readonly audio: AudioInput;
}

/** A sound and what is said in it. Only the text is trained. */
export interface SpeechExample extends Sounds {
  readonly kind: "speech";
  readonly text: string;
  /**
   * How the text begins, as the tokenizer writes its marks: `<|startoftranscript|><|ko|><|transcribe|><|notimestamps|>`. Absent:
   * with the tokenizer's own.
   */
  readonly start?: string;
}

/** Texts to be compared: of which a model learns embeddings. */
export interface ComparisonExample {
  readonly kind: "comparison";
  /** Two with a score; else one, one that belongs to it, and any number that do not. */
  readonly texts: readonly string[];
  /** How alike the two are, the more the higher. */
  readonly score?: number;
}

/** Tokens that somebody else made. */
export interface TokensExample extends TokenMasks {
  readonly kind: "tokens";
  readonly inputIds: readonly number[];
  /** One for each token (−100: not trained), or the class or the number of the whole row. */
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
  | SentenceExample
  | QuestionExample
  | ChoiceExample
  | ImageExample
  | AudioExample
  | SpeechExample
  | ComparisonExample
  | AnswerSpan
  | TokensExample;
