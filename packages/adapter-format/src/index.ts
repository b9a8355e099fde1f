export type { Adapter, AdapterTensor } from "./adapter.ts";
export { badPatterns } from "./bad-patterns.ts";
export { type BlockVerdict, blockVerdict, spreadBlocks } from "./block-diagonal.ts";
export { type TensorShape, tensorProblems } from "./check-tensors.ts";
export { createLoraConfig, withTaskModules } from "./create-lora-config.ts";
export {
  AdapterFileMissingError,
  type ConfigFieldProblem,
  ForeignAdapterError,
  InvalidAdapterConfigError,
  InvalidAdapterTensorsError,
  NothingMatchedError,
  PickleWeightsError,
  type TensorProblem,
  UnsupportedFeaturesError,
  UnsupportedPatternError,
  UnsupportedPeftTypeError,
} from "./errors.ts";
export {
  checkFeatures,
  type Feature,
  features,
  startingFeatures,
  type UnsupportedFeature,
  unsupportedFeatures,
} from "./features.ts";
export { firstNonFinite } from "./first-non-finite.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { type KasaSettings, kasaSettings } from "./kasa.ts";
export { layerOrderOf } from "./layer-order.ts";
export type { BiasMode, LoraConfig, TaskType } from "./lora-config.ts";
export { matchesTarget, type TargetFields, type TargetVerdict, targetVerdict } from "./matches-target.ts";
export { modelCard } from "./model-card.ts";
export { type ParseConfigOptions, parseLoraConfig } from "./parse-lora-config.ts";
export { patternFor } from "./pattern-order.ts";
export { type MatchPlan, type ModelFacts, planMatches } from "./plan-matches.ts";
export { type AdapterFiles, type ReadAdapterOptions, readAdapter } from "./read-adapter.ts";
export { firstNamedIn, isGuarded, isSavedModule, matchesSaved, savingNames } from "./saved-modules.ts";
export { alphaOf, rankOf, type ScalingFields, scalingOf } from "./scaling.ts";
export { serializeLoraConfig } from "./serialize-lora-config.ts";
export {
  buildTensorKey,
  embeddingKeys,
  keyPrefix,
  loraKeys,
  parseTensorKey,
  rankAxisOf,
  type TensorKey,
  type TensorPart,
} from "./tensor-keys.ts";
export { type WriteAdapterOptions, type WrittenAdapter, writeAdapter } from "./write-adapter.ts";
