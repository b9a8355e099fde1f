// Names that only our own packages import. They may change in any release.

export { describeModel } from "./describe-model.ts";
export type { DistillationOptions, Divergence } from "./distillation/distillation-loss.ts";
export { type ComparisonLoss, comparisonLoss, comparisonLosses } from "./embeddings/comparison-loss.ts";
export { type EmbeddingSettings, type Pooling, readEmbeddingSettings } from "./embeddings/embedding-settings.ts";
export type { Matryoshka } from "./embeddings/matryoshka.ts";
export {
  embeddingRecipeError,
  HeadMissingError,
  modelFileError,
  NonFiniteOutputError,
  positionLimitError,
} from "./errors.ts";
export { fetchedFolder } from "./folder/fetched-folder.ts";
export type { WritingDefaults } from "./folder/writing-defaults.ts";
export type { BatchLimits } from "./generation/continuous/plan-round.ts";
export {
  type BatchEvent,
  type BatchText,
  ContinuousBatch,
  canJoinBatches,
} from "./generation/continuous/running-batch.ts";
export { generateTokens } from "./generation/generate-tokens.ts";
export { PrefixCache } from "./generation/prefix-cache.ts";
export type { Sampling } from "./generation/sampling.ts";
export type { FinishReason } from "./generation/stop-rule.ts";
export type { TokenConstraint } from "./generation/token-constraint.ts";
export type { TokenReport } from "./generation/token-logprobs.ts";
export type { HeadPredictions } from "./heads/head.ts";
export type { BatchTensors, IntegerBatch } from "./inputs/batch-tensors.ts";
export type { LabelledInputs, ModelInputs } from "./inputs/model-inputs.ts";
export type { BasePrecision } from "./loading/base-precision.ts";
export { WeightsInFiles } from "./loading/weights-in-files.ts";
export { meanLoss } from "./mean-loss.ts";
export { KeyValueCache } from "./parts/cache/key-value-cache.ts";
export type { PreferenceBatch, PreferenceResult } from "./preferences/preference-loss.ts";
export type { PreferenceLoss } from "./preferences/preference-loss-row.ts";
export {
  type PreferenceLossName,
  type PreferenceSettings,
  preferenceLosses,
  preferenceSettings,
} from "./preferences/preference-losses.ts";
export { completionKl, completionLogProbs } from "./rewards/completion-log-probs.ts";
export { type AdvantageOptions, groupAdvantages } from "./rewards/group-advantages.ts";
export { type PolicySettings, type PolicyTargets, policyLoss } from "./rewards/policy-loss.ts";
