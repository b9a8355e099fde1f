// Names that only our own packages import. They may change in any release.

export type { MaskRequest } from "./combine/combination-method.ts";
export type { CombineOptions } from "./combine/combine-adapters.ts";
export { combinationMethods } from "./combine/methods.ts";
export type { WeightedAdapter } from "./combine/read-layers.ts";
export type { AdapterDifference, LayerDifference } from "./difference/diff-adapters.ts";
export { diffFromBase, type WeightDifference } from "./difference/diff-from-base.ts";
export { exportFiles } from "./export/export-model.ts";
export type { ExportableModel, ExportDtype, ExportFile, ExportOptions } from "./export/exportable-model.ts";
export { type ExtractedAdapter, planExtraction } from "./extract/extract-adapter.ts";
export type { ModelInFiles } from "./extract/extract-update.ts";
export type { ReducedLayer } from "./reduce/reduce-adapter.ts";
export { type IntruderOptions, reduceIntruders } from "./reduce/reduce-intruders.ts";
export type { FileWeights } from "./stream/fold-rows.ts";
export { type MergeInFiles, planMerge } from "./stream/plan-merge.ts";
