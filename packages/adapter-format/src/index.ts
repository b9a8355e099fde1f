export { createLoraConfig, withTaskModules } from "./config/create-lora-config.ts";
export { layerOrderOf } from "./config/lora-fields.ts";
export {
  type ConfigFieldProblem,
  InvalidAdapterConfigError,
  InvalidAdapterTensorsError,
  NothingMatchedError,
  type TensorProblem,
  UnsupportedFeaturesError,
  UnsupportedPatternError,
  UnsupportedPeftTypeError,
} from "./errors.ts";
export type { AdapterFolder } from "./formats/adapter-folder.ts";
export { turned } from "./formats/encode-tensors.ts";
export { type WriteDiffusersOptions, writeDiffusersAdapter } from "./formats/kohya/write-diffusers.ts";
export { type WriteKohyaOptions, writeKohyaAdapter } from "./formats/kohya/write-kohya.ts";
export { type ReadLoralibOptions, readLoralibAdapter } from "./formats/loralib/read-loralib.ts";
export { type WriteLoralibOptions, writeLoralibAdapter } from "./formats/loralib/write-loralib.ts";
export { type MlxFiles, type WriteMlxOptions, writeMlxAdapter } from "./formats/mlx/write-mlx.ts";
export { firstBeyond, firstNonFinite } from "./formats/peft/check-tensors.ts";
export { currentAdapter, type NamedParts } from "./formats/peft/current-adapter.ts";
export { type ParseConfigOptions, parseLoraConfig } from "./formats/peft/parse-lora-config.ts";
export { patternFor } from "./formats/peft/pattern-order.ts";
export { type AdapterFiles, type ReadAdapterOptions, readAdapter } from "./formats/peft/read-adapter.ts";
export {
  serializeLoraConfig,
  type WriteAdapterOptions,
  type WrittenAdapter,
  writeAdapter,
} from "./formats/peft/write-adapter.ts";
export { readAdapterIn } from "./formats/read-adapter-in.ts";
export { oneFileFormat } from "./formats/refuse-foreign.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Adapter, AdapterTensor, BiasMode, LoraConfig, TaskType } from "./lora-config.ts";
export { pairsIn, type StoredPair } from "./pairs-in.ts";
export { badPatterns } from "./targets/bad-patterns.ts";
export { matchesTarget, type TargetFields } from "./targets/matches-target.ts";
export { type MatchPlan, type ModelFacts, planMatches } from "./targets/plan-matches.ts";
export { firstNamedIn, isSavedModule, savingNames } from "./targets/saved-modules.ts";
export { alphaOf, rankOf, type ScalingFields, scalingOf } from "./targets/scaling.ts";
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
export { type BlockVerdict, blockVerdict, spreadBlocks } from "./variants/bd-lora.ts";
export {
  checkFeatures,
  type Feature,
  features,
  startFeatures,
  startingFeatures,
  type UnsupportedFeature,
  unsupportedFeatures,
} from "./variants/features.ts";
export { type KasaSettings, kasaSettings } from "./variants/kasa.ts";
export { drawsHalves, type StartFacts, startFacts, startNames, startOf } from "./variants/starts.ts";
export type { VariantFacts, VariantOption } from "./variants/variant-facts.ts";
export { columnsPerStored, toPlainLora, type VariantName, variantFacts, variants } from "./variants/variants.ts";
