export { createLoraConfig, withTaskModules } from "./config/create-lora-config.ts";
export { layerOrderOf } from "./config/lora-fields.ts";
export { BaseNeededError, invalidAdapterConfigError, nothingMatchedError, UnsupportedPatternError } from "./errors.ts";
export type { AdapterFolder } from "./formats/adapter-folder.ts";
export { transposed } from "./formats/encode-tensors.ts";
export { writeDiffusersAdapter } from "./formats/kohya/write-diffusers.ts";
export { writeKohyaAdapter } from "./formats/kohya/write-kohya.ts";
export { readLoralibAdapter } from "./formats/loralib/read-loralib.ts";
export { writeLoralibAdapter } from "./formats/loralib/write-loralib.ts";
export { writeMlxAdapter } from "./formats/mlx/write-mlx.ts";
export { firstNonFinite, firstOverflow } from "./formats/peft/check-tensors.ts";
export { currentAdapter } from "./formats/peft/current-adapter.ts";
export { parseLoraConfig } from "./formats/peft/parse-lora-config.ts";
export { patternFor } from "./formats/peft/pattern-order.ts";
export { readAdapter } from "./formats/peft/read-adapter.ts";
export type { ReadAdapterOptions } from "./formats/peft/read-options.ts";
export { serializeLoraConfig, type WrittenAdapter, writeAdapter } from "./formats/peft/write-adapter.ts";
export { readAdapterIn } from "./formats/read-adapter-in.ts";
export { oneFileFormat } from "./formats/refuse-foreign.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Adapter, AdapterTensor, LoraConfig, TaskType } from "./lora-config.ts";
export { loraMatricesIn, type StoredMatrices } from "./lora-matrices-in.ts";
export { matchesTarget } from "./targets/matches-target.ts";
export { type MatchPlan, type ModelFacts, planMatches } from "./targets/plan-matches.ts";
export { firstNamedIn, isSavedModule, savedModuleNames } from "./targets/saved-modules.ts";
export { alphaOf, rankOf, scalingOf } from "./targets/scaling.ts";
export { unsupportedPatterns } from "./targets/unsupported-patterns.ts";
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
export { blockVerdict, spreadBlocks } from "./variants/bd-lora.ts";
export {
  checkFeatures,
  type Feature,
  features,
  initFeatures,
  trainingOnlyFeatures,
  unsupportedFeatures,
} from "./variants/features.ts";
export { drawsBothMatrices, initFacts, initNames, initOf } from "./variants/inits.ts";
export { kasaSettings } from "./variants/kasa.ts";
export type { VariantFacts, VariantOption } from "./variants/variant-facts.ts";
export { columnsPerStored, toPlainLora, type VariantName, variantFacts, variants } from "./variants/variants.ts";
