// Adapters in ONNX models. Nothing here loads TensorFlow.js. Files on a disk are read and written by "@lowrank/merge/onnx/node".

export { onnxMismatchError } from "./onnx/adapter/errors.ts";
export { type FoldedOnnx, foldAdapter } from "./onnx/change/fold-adapter.ts";
export { makeSwitchable } from "./onnx/change/make-switchable.ts";
export { compareBase } from "./onnx/compare/compare-base.ts";
export { type OnnxGraph, type OnnxModel, type OnnxNode, readOnnx } from "./onnx/model/onnx-model.ts";
export { findSites } from "./onnx/sites/find-sites.ts";
export { type OnnxInput, SwitchableSession } from "./onnx/switch/switchable-session.ts";
export { writeOnnxAdapter } from "./onnx/switch/write-onnx-adapter.ts";
