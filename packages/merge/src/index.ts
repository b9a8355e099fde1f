export {
  AlreadyMergedError,
  ExportOverflowError,
  ForeignAdapterError,
  LaterMergeError,
  LogitsShapeError,
  MergeVerificationError,
  NonFiniteMergeError,
  NothingToMergeError,
  OutputIsSourceError,
  SourceFolderError,
  TiedWeightError,
  UnwritableTypeError,
} from "./errors.ts";
export { exportModel } from "./export/export-model.ts";
export type { ExportableModel, ExportDtype, ExportOptions, SourceFolder } from "./export/exportable-model.ts";
export { type MergeOptions, mergeAdapter } from "./merge-adapter.ts";
export { mergesOf } from "./merge-stack.ts";
export type { MergedHandle } from "./merged-handle.ts";
export { type MergeVerification, type VerifyMergeOptions, verifyMerge } from "./verify-merge.ts";
