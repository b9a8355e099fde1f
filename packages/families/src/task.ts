// What a model is asked to do, as the class name in config.json's `architectures` says it.

/** The head on top of the base model; `feature-extraction` is the base model alone. */
export type Task =
  | "causal-lm"
  | "masked-lm"
  | "sequence-classification"
  | "token-classification"
  | "question-answering"
  | "sequence-to-sequence"
  | "image-classification"
  | "feature-extraction";
