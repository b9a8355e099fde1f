export { recordModel } from "./onnx/record-model.ts";
