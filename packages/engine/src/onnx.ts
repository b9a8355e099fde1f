export { encodeModel } from "../src/engines/native/runtime/onnx-model.ts";
export * from "./onnx/record.ts";
export * from "./onnx/varying-sizes.ts";
