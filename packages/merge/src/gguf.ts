export type { GgufFileType } from "./gguf/file-types.ts";
export { type GgufModelOptions, ggufModelFile } from "./gguf/gguf-model-file.ts";
export type { RetainedEffect } from "./gguf/retained-effect.ts";
