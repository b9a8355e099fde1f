// The predictions of a model for a row.

/** A class and its probability, 0 to 1. */
export interface ClassProbability {
  readonly label: string;
  readonly probability: number;
}

/** A span of a text with a class. */
export interface LabelledWord {
  readonly text: string;
  /** Its first character in the row's text, and the character after its last, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly label: string;
  /** The mean probability of its tokens, 0 to 1. */
  readonly probability: number;
}

/** An answer span of a text; "" for no answer. */
interface FoundAnswer {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Its probability among the answers that were compared, 0 to 1. */
  readonly probability: number;
}

/** The prediction for one row, depending on the model's head. */
export type Answer =
  /** The likeliest class, then the `topK` likeliest in order. */
  | { readonly kind: "class"; readonly prediction: string; readonly classes: readonly ClassProbability[] }
  /** The classes with at least the threshold's probability, then the `topK` likeliest in order. */
  | {
      readonly kind: "classes";
      readonly prediction: readonly string[];
      readonly classes: readonly ClassProbability[];
    }
  /** The likeliest choice and its number from 0, then the `topK` likeliest in order. */
  | {
      readonly kind: "choice";
      readonly prediction: string;
      readonly choice: number;
      readonly classes: readonly ClassProbability[];
    }
  /** A regression's number; for several outputs, all numbers. */
  | { readonly kind: "score"; readonly prediction: number | readonly number[] }
  /** The transcript of a recording. */
  | { readonly kind: "text"; readonly prediction: string }
  | { readonly kind: "words"; readonly prediction: readonly LabelledWord[] }
  /** The likeliest answer, then the `topK` likeliest in order. */
  | { readonly kind: "answer"; readonly prediction: string; readonly answers: readonly FoundAnswer[] };

/** A row with its prediction. */
export type Prediction = Answer & {
  /** All columns of the row, by name. */
  readonly row: Readonly<Record<string, unknown>>;
};
