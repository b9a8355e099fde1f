export type { AdaptedParameter } from "./adapted-parameter.ts";
export type { AdaptedSite } from "./adapted-site.ts";
export { type AdapterContents, AdapterHandle, type ToAdapterOptions } from "./adapter-handle.ts";
export type { AdapterPart, AdapterVariable, OwnValues, WeightChange } from "./adapter-part.ts";
export { type AttachOptions, attachAdapter } from "./attach-adapter.ts";
export { adapterNames, findAdapter } from "./attached-adapters.ts";
export { baseFingerprintKey } from "./base-fingerprint.ts";
export { type AdapterConflict, checkTogether } from "./conflicting-adapters.ts";
export { countParameters } from "./count-parameters.ts";
export { describePlan, type TrainingBytes, trainingBytes } from "./describe-plan.ts";
export {
  AdapterExistsError,
  AdapterNotFoundError,
  ConflictingAdaptersError,
  HandleDisposedError,
  InvalidAdapterNameError,
  InvalidWeightError,
  InvocationTokensError,
  LayerReplicationError,
  MergedTableError,
  PlacesMissingError,
  SavedModuleNotFoundError,
  SeveralProblemsError,
  StalePlanError,
  UnknownKeyError,
  UnsupportedSiteError,
  UnsupportedStartError,
} from "./errors.ts";
export { hotSwap } from "./hot-swap.ts";
export { type InjectOptions, injectAdapter } from "./inject-adapter.ts";
export type {
  InjectionPlan,
  PlannedBlocks,
  PlannedParameter,
  PlannedRawParameter,
  PlannedSite,
  PlannedTiedSite,
  PlannedTokenRows,
} from "./injection-plan.ts";
export { kasaLoss } from "./kasa-loss.ts";
export { measureGradients } from "./measure-gradients.ts";
export { type MeasureInputsOptions, measureInputs } from "./measure-inputs.ts";
export {
  AdapterMismatchError,
  type AdapterProblem,
  DifferentBaseError,
  VocabularyMismatchError,
} from "./mismatch-errors.ts";
export type { Opener } from "./open-doors.ts";
export type { OverriddenParameter } from "./overridden-parameter.ts";
export { planInjection } from "./plan-injection.ts";
export type { SaveEmbeddingLayers } from "./save-embeddings.ts";
export { shareRanks } from "./share-ranks.ts";
export type { TiedSite } from "./tied-site.ts";
export type { TrainedRows } from "./trained-rows.ts";
export { type AdapterVocabulary, vocabularyOf } from "./vocabulary-tables.ts";
export { weightedAdapters } from "./weighted-adapters.ts";
