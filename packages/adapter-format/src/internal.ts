// Names that only our own packages import. They may change in any release.

export { withTaskModules } from "./config/create-lora-config.ts";
export { layerOrderOf } from "./config/lora-fields.ts";
export { BaseNeededError, invalidAdapterConfigError, nothingMatchedError } from "./errors.ts";
export { transposed } from "./formats/encode-tensors.ts";
export { readLoralibAdapter } from "./formats/loralib/read-loralib.ts";
export { writeLoralibAdapter } from "./formats/loralib/write-loralib.ts";
export { firstNonFinite, firstOverflow } from "./formats/peft/check-tensors.ts";
export { patternFor } from "./formats/peft/pattern-order.ts";
export type { ReadAdapterOptions } from "./formats/peft/read-options.ts";
export { serializeLoraConfig } from "./formats/peft/write-adapter.ts";
export { oneFileFormat } from "./formats/refuse-foreign.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { AdapterTensor } from "./lora-config.ts";
export type { StoredMatrices } from "./lora-matrices-in.ts";
export { matchesTarget } from "./targets/matches-target.ts";
export type { MatchPlan } from "./targets/plan-matches.ts";
export { firstNamedIn, isSavedModule, savedModuleNames } from "./targets/saved-modules.ts";
export { alphaOf, rankOf } from "./targets/scaling.ts";
export { unsupportedPatterns } from "./targets/unsupported-patterns.ts";
export {
  buildTensorKey,
  embeddingKeys,
  keyPrefix,
  loraKeys,
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
export { columnsPerStored, type VariantName, variantFacts, variants } from "./variants/variants.ts";
