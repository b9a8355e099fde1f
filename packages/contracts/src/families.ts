// "@lowrank/contracts/families": tables of the supported model types, and their configurations.
export { checkConfig } from "./families/config/check-config.ts";
export { checkConfigOf } from "./families/config/check-config-of.ts";
export type { Activation, ProblemType } from "./families/config-values.ts";
export { InvalidConfigError, unsupportedModelError } from "./families/errors.ts";
export { families, familyOf, supportedModelTypes } from "./families/families.ts";
export type { EmbeddingRow, Family, HeadTable, ModelConfig, Width } from "./families/family.ts";
export { defaultTargetsOf } from "./families/lookup/default-targets.ts";
export { onnxProblem } from "./families/onnx-problem.ts";
export { architectureOf, resolveTask } from "./families/resolve-task.ts";
export type { RotaryConfig, RotaryScaling } from "./families/rotary.ts";
export type { Task } from "./families/task.ts";
