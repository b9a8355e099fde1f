// Names that only our own packages import. They may change in any release.

export type { Activation, ProblemType } from "./config-values.ts";
export { unsupportedModelError } from "./errors.ts";
export { families } from "./families.ts";
export type { EmbeddingRow } from "./family.ts";
export { unwritableArchitectureError } from "./gguf/errors.ts";
export { windowWarning } from "./gguf/gguf-windows.ts";
export { onnxProblem } from "./onnx-problem.ts";
export { architectureOf } from "./resolve-task.ts";
export type { RotaryConfig, RotaryScaling } from "./rotary.ts";
