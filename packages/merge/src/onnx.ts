// Adapters in ONNX models. Nothing here loads TensorFlow.js. Files on a disk are read and written by "@lowrank/merge/onnx/node".

export { type Misfit, OnnxBaseError, OnnxMisfitError } from "./onnx/adapter/errors.ts";
export type { OnnxFile } from "./onnx/change/edits.ts";
export { type FoldedOnnx, foldAdapter, type OnnxChange } from "./onnx/change/fold-adapter.ts";
export { makeSwitchable, type SwitchableOptions } from "./onnx/change/make-switchable.ts";
export { compareBase } from "./onnx/compare/compare-base.ts";
export {
  type OnnxGraph,
  type OnnxInputType,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OutsideBytes,
  type ReadOnnxOptions,
  readOnnx,
} from "./onnx/model/onnx-model.ts";
export { findSites } from "./onnx/sites/find-sites.ts";
export type { JoinedPlace, OnnxSite, OnnxWeight } from "./onnx/sites/onnx-site.ts";
export {
  type MakeTensor,
  type OnnxInput,
  type OnnxSession,
  SwitchableSession,
} from "./onnx/switch/switchable-session.ts";
export { writeOnnxAdapter } from "./onnx/switch/write-onnx-adapter.ts";
