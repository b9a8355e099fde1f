// fold/ merges adapters into weights, stream/ does it while a model is written, edit/ is for adapters without A and B, combine/ joins
// several adapters, reduce/ lowers a rank, extract/ makes an adapter from two checkpoints, difference/ compares, export/ and node/
// write the model. onnx/ has its own entry file.

export type { Factors, MaskRequest } from "./combine/combination-method.ts";
export { type CombineOptions, combineAdapters } from "./combine/combine-adapters.ts";

export { combinationMethods } from "./combine/methods.ts";
export type { WeightedAdapter } from "./combine/read-layers.ts";
export { type AdapterDifference, diffAdapters, type LayerDifference } from "./difference/diff-adapters.ts";
export { diffFromBase, type WeightDifference } from "./difference/diff-from-base.ts";

export { exportFiles, exportModel } from "./export/export-model.ts";
export type { ExportableModel, ExportDtype, ExportFile, ExportOptions } from "./export/exportable-model.ts";
export {
  type ExtractedAdapter,
  type ExtractOptions,
  extractAdapter,
  planExtraction,
} from "./extract/extract-adapter.ts";
export type { ModelInFiles } from "./extract/extract-update.ts";

export { type MergeOptions, mergeAdapter } from "./fold/merge-adapter.ts";
export type { MergedHandle } from "./fold/merged-handle.ts";
export { verifyMerge } from "./fold/verify-merge.ts";
export { type ReducedLayer, type ReduceOptions, reduceAdapter } from "./reduce/reduce-adapter.ts";
export { type IntruderOptions, reduceIntruders } from "./reduce/reduce-intruders.ts";
export type { FileWeight, FileWeights } from "./stream/fold-rows.ts";
export { type MergeInFiles, planMerge } from "./stream/plan-merge.ts";
