// What a model says of a row.

/** A class and how likely it is, 0 to 1. */
export interface ClassProbability {
  readonly label: string;
  readonly probability: number;
}

/** A stretch of a text with a class. */
export interface LabelledWord {
  readonly text: string;
  /** Its first character in the row's text, and the one behind its last, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly label: string;
  /** The mean of its tokens', 0 to 1. */
  readonly probability: number;
}

/** A stretch of a text that answers a question; "" for none. */
export interface FoundAnswer {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Among those that were looked at, 0 to 1. */
  readonly probability: number;
}

/** One row's answer, by what the model is for. */
export type Answer =
  /** The likeliest class, then the `topK` likeliest in order. */
  | { readonly kind: "class"; readonly prediction: string; readonly classes: readonly ClassProbability[] }
  /** The classes with at least the threshold's probability, then the `topK` likeliest in order. */
  | {
      readonly kind: "classes";
      readonly prediction: readonly string[];
      readonly classes: readonly ClassProbability[];
    }
  /** The choice that goes best with the question and its number from 0, then the `topK` likeliest in order. */
  | {
      readonly kind: "choice";
      readonly prediction: string;
      readonly choice: number;
      readonly classes: readonly ClassProbability[];
    }
  /** A regression's number; of several outputs, all. */
  | { readonly kind: "score"; readonly prediction: number | readonly number[] }
  /** What is said in a sound. */
  | { readonly kind: "text"; readonly prediction: string }
  | { readonly kind: "words"; readonly prediction: readonly LabelledWord[] }
  /** The likeliest answer, then the `topK` likeliest in order. */
  | { readonly kind: "answer"; readonly prediction: string; readonly answers: readonly FoundAnswer[] };

/** A row with its answer. */
export type Prediction = Answer & {
  /** All columns of the row, by name. */
  readonly row: Readonly<Record<string, unknown>>;
};
