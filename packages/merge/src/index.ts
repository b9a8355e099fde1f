export type {
  CombinationMethod,
  Factors,
  MajoritySign,
  MaskRequest,
  MethodSettings,
  WeightedPair,
} from "./combine/combination-method.ts";
export { type CombineOptions, combineAdapters } from "./combine/combine-adapters.ts";
export {
  CombinationSettingError,
  CombinationShapeError,
  SharedSavedWeightError,
  UncombinableAdapterError,
  UnequalRanksError,
  UnknownCombinationError,
} from "./combine/errors.ts";
export { combinationMethods } from "./combine/methods.ts";
export type { WeightedAdapter } from "./combine/read-pairs.ts";
export {
  AlreadyMergedError,
  ExportOverflowError,
  FinalMergeError,
  ForeignAdapterError,
  LaterMergeError,
  LogitsShapeError,
  MergeVerificationError,
  NonFiniteMergeError,
  NothingToMergeError,
  OutputIsSourceError,
  RepeatedLayersError,
  SourceFolderError,
  TiedWeightError,
  UnfinishedMergeError,
  UnmergeableError,
  UnwritableTypeError,
} from "./errors.ts";
export { exportModel } from "./export/export-model.ts";
export type { ExportableModel, ExportDtype, ExportOptions, SourceFolder } from "./export/exportable-model.ts";
export { type MergeOptions, mergeAdapter } from "./merge-adapter.ts";
export { mergesOf } from "./merge-stack.ts";
export type { MergedHandle } from "./merged-handle.ts";
export { type MergeVerification, type VerifyMergeOptions, verifyMerge } from "./verify-merge.ts";
