// All that merging needs, loaded with the first merge: few visits of a page come so far.

export { exportFiles, exportModel } from "@lowrank/merge";
export { joinPieces } from "@lowrank/safetensors";
export { exportSource, mergedTexts } from "./export-source.ts";
export { ggufOutput } from "./gguf-output.ts";
export { mergeVerified, openExactly } from "./merge-verified.ts";
