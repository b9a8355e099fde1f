// Tasks of models, as given by the class names in config.json's `architectures`.

/**
 * The head on top of the base model. `feature-extraction` is the base model without a head; `text-encoding` is only the encoder of an
 * encoder–decoder. An embedding is one state for a whole text or image, projected to a common space.
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
