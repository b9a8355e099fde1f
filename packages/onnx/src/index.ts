export { type Misfit, OnnxBaseError, OnnxMisfitError } from "./adapter/errors.ts";
export type { OnnxFile } from "./change/edits.ts";
export { type FoldedOnnx, foldAdapter, type OnnxChange } from "./change/fold-adapter.ts";
export { branchInputs, makeSwitchable, type SwitchableOptions } from "./change/make-switchable.ts";
export { OnnxOverflowError } from "./change/overflow-error.ts";
export { compareBase } from "./compare/compare-base.ts";
export {
  type OnnxGraph,
  type OnnxInputType,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OutsideBytes,
  type ReadOnnxOptions,
  readOnnx,
} from "./model/onnx-model.ts";
export { findSites } from "./sites/find-sites.ts";
export type { JoinedPlace, OnnxSite, OnnxWeight } from "./sites/onnx-site.ts";
export { type MakeTensor, type OnnxInput, type OnnxSession, SwitchableSession } from "./switch/switchable-session.ts";
export { writeOnnxAdapter } from "./switch/write-onnx-adapter.ts";
export { OnnxFileError } from "./wire/errors.ts";
