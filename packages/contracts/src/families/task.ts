// What a model is asked to do, as the class name in config.json's `architectures` says it.

/**
 * The head on top of the base model; `feature-extraction` is the base model alone, and `text-encoding` its
 * encoder alone where it has a decoder too. An embedding is one state for a whole text or image, projected to where the two can
 * be compared.
 */
export type Task =
  | "causal-lm"
  | "masked-lm"
  | "sequence-classification"
  | "token-classification"
  | "question-answering"
  | "sequence-to-sequence"
  | "image-classification"
  | "distilled-image-classification"
  | "image-text-matching"
  | "image-embedding"
  | "text-embedding"
  | "multiple-choice"
  | "next-sentence-prediction"
  | "replaced-token-detection"
  | "text-encoding"
  | "feature-extraction";
