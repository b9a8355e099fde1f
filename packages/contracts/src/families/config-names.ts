// Our own names of configuration values, which are the same for every family.

/**
 * The sizes of an architecture with their maximum, far above the largest published models. They are in the order in which they are
 * read, because a fallback may refer to sizes above it. `imageSize` and `patchSize` are heights; speech models have `melBins`. Of a
 * language model that reads images, `visionSize` is the width of the images' states, and `mergedSide` squared the number of patches that become one token.
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
  sharedExperts: 65_536,
  expertGroups: 65_536,
  expertGroupsPerToken: 65_536,
  windowPeriod: 1024,
  plainWindowPeriod: 1024,
  intermediateStep: 1_048_576,
  convKernelSize: 64,
  memoryHeads: 1024,
  memoryKeyHeads: 1024,
  memoryKeySize: 65_536,
  memoryValueSize: 65_536,
  queryRank: 65_536,
  keyValueRank: 65_536,
  plainHeadSize: 65_536,
  valueHeadSize: 65_536,
  globalHeadSize: 65_536,
  globalKeyValueHeads: 1024,
  perLayerSize: 65_536,
  perLayerVocabulary: 16_777_216,
  sharedKeyLayers: 1024,
  streams: 64,
  laurelRank: 65_536,
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
  visionSize: 131_072,
  mergedSide: 1024,
} as const;

/** The sizes of an architecture. */
export type SizeName = keyof typeof sizeLimits;

/**
 * Where a base model has dropout. "path" (stochastic depth) drops the output of half a layer for whole rows; the last two drop whole
 * layers of a stack (M2M-100).
 */
export const dropoutNames = [
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

/** Where a base model has dropout. */
export type DropoutName = (typeof dropoutNames)[number];

/**
 * Boolean settings of a configuration. "flipsCausalMask": a causal family attends to later positions too,
 * and a bidirectional family only to earlier ones.
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
  "rotatesNeighbours",
  "balancesExperts",
  "adjustsFeedForward",
  "sigmoidRouting",
  "averagesSharedExperts",
  "keysAsValues",
  "hasExperts",
  "doublesFeedForward",
  "flipsCausalMask",
  "normBias",
  "outputBias",
  "classifierBias",
  "meanPooling",
  "maskToken",
  "absolutePositions",
  "visionHead",
  "rotaryPositions",
  "convBias",
  "memoryNorm",
] as const;

/** A boolean setting. */
export type SwitchName = (typeof switchNames)[number];

/**
 * Numbers of single families: soft caps of attention scores and logits (Gemma 2); the width whose root divides scores, if it is not
 * the head's; the number of norms in a parallel layer (Falcon); factors of scores, embeddings, each half of a layer and logits
 * (Granite, Cohere 2); the feed-forward's width as a multiple of the layers' (DINOv2); two numbers of GPT-OSS's gate; the factor
 * of the loss that balances experts; that of the experts' shares; the epsilon that root-mean-square norms come with (Cohere 2 with experts);
 * and factors of a layer's projections, inputs and outputs (Falcon H1).
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
  "routedScale",
  "rmsNormEpsilon",
  "attentionInputScale",
  "attentionOutputScale",
  "memoryInputScale",
  "memoryOutputScale",
  "memoryGateScale",
  "memoryValueScale",
  "memoryKeyScale",
  "memoryQueryScale",
  "memoryStepScale",
  "gateScale",
  "downScale",
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
