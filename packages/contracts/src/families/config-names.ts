// What a configuration can say, by our own names: the same for every family.

/** The numbers that make an architecture. `imageSize` and `patchSize` are heights; a model with `melBins` hears. */
export type SizeName =
  | "vocabularySize"
  | "hiddenSize"
  | "embeddingSize"
  | "intermediateSize"
  | "layers"
  | "heads"
  | "keyValueHeads"
  | "headSize"
  | "maxPositions"
  | "tokenTypes"
  | "decoderLayers"
  | "decoderHeads"
  | "decoderIntermediateSize"
  | "positionBuckets"
  | "farthestDistance"
  | "experts"
  | "expertsPerToken"
  | "expertIntermediateSize"
  | "sharedIntermediateSize"
  | "intermediateStep"
  | "convolutionTaps"
  | "memoryHeads"
  | "memoryKeyHeads"
  | "memoryKeySize"
  | "memoryValueSize"
  | "imageSize"
  | "imageWidth"
  | "imageChannels"
  | "patchSize"
  | "patchWidth"
  | "registers"
  | "windowSize"
  | "projectionSize"
  | "melBins"
  | "sourcePositions";

/**
 * The places where a base model itself drops values while training; "path" drops what a half of a layer adds to whole rows, and
 * the last two drop whole layers of a stack (M2M-100).
 */
export type DropoutPlace =
  | "embedding"
  | "attention"
  | "activation"
  | "residual"
  | "classifier"
  | "question"
  | "summary"
  | "path"
  | "encoderLayer"
  | "decoderLayer";

/**
 * What a configuration switches on or off, beyond its sizes. With "reversedSight" positions of a causal family see later
 * ones, and those of another do not.
 */
export type SwitchName =
  | "attentionBias"
  | "feedForwardBias"
  | "parallelResidual"
  | "queryKeyNorm"
  | "normBefore"
  | "normAfter"
  | "groupedHeads"
  | "sharedKeys"
  | "alibi"
  | "gatedFeedForward"
  | "scaledOutput"
  | "scaledEmbedding"
  | "scaledScores"
  | "scaledByLayer"
  | "residualAfterNorm"
  | "withoutLastNorm"
  | "normGains"
  | "sharesAddUp"
  | "balancesExperts"
  | "adjustsFeedForward"
  | "reversedSight"
  | "normBias"
  | "outputBias"
  | "classifierBias"
  | "meanPooling"
  | "maskToken"
  | "absolutePositions"
  | "visionHead";

/**
 * Numbers of single families: the bound of attention scores and that of logits (Gemma 2), the width by whose root
 * scores are divided where that is not the head's, how many norms a parallel layer has (Falcon), what scores, embeddings,
 * each half of a layer and logits are multiplied by (Granite, Cohere 2), and how many times as wide as its layers a
 * feed-forward is (DINOv2). Then two of the gate in GPT-OSS, and what the loss that balances experts is multiplied by.
 */
export type ScalarName =
  | "scoreCap"
  | "logitCap"
  | "scoreWidth"
  | "parallelNorms"
  | "scoreScale"
  | "embeddingScale"
  | "residualScale"
  | "logitScale"
  | "feedForwardRatio"
  | "gateSteepness"
  | "gateLimit"
  | "balanceScale";
