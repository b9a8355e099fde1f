export { encodeModel } from "../engines/native/runtime/onnx-model.ts";
export { quantizeGraph } from "../onnx/quantize-graph.ts";
export { type RecordedInput, recordGraph } from "../onnx/record.ts";
export { recordingError } from "../onnx/recorder.ts";
export { freePrimes, type VaryingSize } from "../onnx/varying-sizes.ts";
