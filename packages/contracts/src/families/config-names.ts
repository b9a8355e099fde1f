// What a configuration can say, by our own names: the same for every family.

/**
 * The numbers that make an architecture, with the largest believable values, far above the largest models published. In the
 * order in which they are read, because a fallback may refer to sizes above it. `imageSize` and `patchSize` are heights; a model
 * with `melBins` hears.
 */
export const sizeLimits = {
  vocabularySize: 16_777_216,
  hiddenSize: 131_072,
  embeddingSize: 131_072,
  layers: 1024,
  heads: 1024,
  intermediateSize: 1_048_576,
  maxPositions: 268_435_456,
  tokenTypes: 65_536,
  keyValueHeads: 1024,
  headSize: 65_536,
  decoderLayers: 1024,
  decoderHeads: 1024,
  decoderIntermediateSize: 1_048_576,
  positionBuckets: 65_536,
  farthestDistance: 268_435_456,
  experts: 65_536,
  expertsPerToken: 65_536,
  expertIntermediateSize: 1_048_576,
  sharedIntermediateSize: 1_048_576,
  intermediateStep: 1_048_576,
  convKernelSize: 64,
  memoryHeads: 1024,
  memoryKeyHeads: 1024,
  memoryKeySize: 65_536,
  memoryValueSize: 65_536,
  imageSize: 65_536,
  imageWidth: 65_536,
  imageChannels: 4096,
  patchSize: 65_536,
  patchWidth: 65_536,
  registers: 65_536,
  windowSize: 4096,
  projectionSize: 131_072,
  melBins: 4096,
  sourcePositions: 1_048_576,
} as const;

/** The numbers that make an architecture. */
export type SizeName = keyof typeof sizeLimits;

/**
 * The places where a base model itself drops values while training; "path" drops what a half of a layer adds to whole rows, and
 * the last two drop whole layers of a stack (M2M-100).
 */
export const dropoutPlaces = [
  "embedding",
  "attention",
  "activation",
  "residual",
  "classifier",
  "question",
  "summary",
  "path",
  "encoderLayer",
  "decoderLayer",
] as const;

/** A place where values drop out. */
export type DropoutPlace = (typeof dropoutPlaces)[number];

/**
 * What a configuration switches on or off, beyond its sizes. With "reversedSight" positions of a causal family see later
 * ones, and those of another do not.
 */
export const switchNames = [
  "attentionBias",
  "feedForwardBias",
  "parallelResidual",
  "queryKeyNorm",
  "normBefore",
  "normAfter",
  "groupedHeads",
  "sharedKeys",
  "alibi",
  "gatedFeedForward",
  "scaledOutput",
  "scaledEmbedding",
  "scaledScores",
  "scaledByLayer",
  "residualAfterNorm",
  "withoutLastNorm",
  "normGains",
  "normTopkProb",
  "balancesExperts",
  "adjustsFeedForward",
  "reversedSight",
  "normBias",
  "outputBias",
  "classifierBias",
  "meanPooling",
  "maskToken",
  "absolutePositions",
  "visionHead",
] as const;

/** What is on or off. */
export type SwitchName = (typeof switchNames)[number];

/**
 * Numbers of single families: the bound of attention scores and that of logits (Gemma 2), the width by whose root
 * scores are divided where that is not the head's, how many norms a parallel layer has (Falcon), what scores, embeddings,
 * each half of a layer and logits are multiplied by (Granite, Cohere 2), and how many times as wide as its layers a
 * feed-forward is (DINOv2). Then two of the gate in GPT-OSS, and what the loss that balances experts is multiplied by.
 */
export const scalarNames = [
  "scoreCap",
  "logitCap",
  "scoreWidth",
  "parallelNorms",
  "scoreScale",
  "embeddingScale",
  "residualScale",
  "logitScale",
  "feedForwardRatio",
  "swigluAlpha",
  "gateLimit",
  "balanceScale",
] as const;

/** A number of single families. */
export type ScalarName = (typeof scalarNames)[number];

/** A value for each name. */
export function byName<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>; // made of all names
}
