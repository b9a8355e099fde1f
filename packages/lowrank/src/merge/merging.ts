// Everything that merging needs, loaded on first use: few visitors of a page need it.

export { exportModel } from "@lowrank/merge";
export { exportFiles } from "@lowrank/merge/internal";
export { joinPieces } from "@lowrank/safetensors";
export { exportSource, mergedTexts } from "./export-source.ts";
export { ggufOutput } from "./gguf-output.ts";
export { mergeVerified, openExactly } from "./merge-verified.ts";
export { onnxFiles } from "./onnx-output.ts";
