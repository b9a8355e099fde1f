export { type OpenedOnnx, openOnnxFile, writeOnnxFolder } from "./node/onnx-folder.ts";
