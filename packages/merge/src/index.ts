// fold/ merges adapters into weights, stream/ does it while a model is written, edit/ is for adapters without A and B, combine/ joins
// several adapters, reduce/ lowers a rank, extract/ makes an adapter from two checkpoints, difference/ compares, export/ and node/
// write the model. onnx/ has its own entry file.

export { combineAdapters } from "./combine/combine-adapters.ts";

export { diffAdapters } from "./difference/diff-adapters.ts";

export { exportModel } from "./export/export-model.ts";
export { extractAdapter } from "./extract/extract-adapter.ts";

export { type MergeOptions, mergeAdapter } from "./fold/merge-adapter.ts";
export { verifyMerge } from "./fold/verify-merge.ts";
export { reduceAdapter } from "./reduce/reduce-adapter.ts";
