export { checkConfig } from "./config/check-config.ts";
export { type CheckOptions, checkConfigOf } from "./config/check-config-of.ts";
export type { DropoutPlace, ScalarName, SizeName, SwitchName } from "./config-names.ts";
export type {
  ConfigTable,
  FixedKey,
  RateRow,
  RotaryTable,
  RotatingLayers,
  ScalarRow,
  SizeRow,
  SwitchRow,
  WindowLayers,
  WindowTable,
} from "./config-table.ts";
export type { Activation, ConfigValues, ProblemType } from "./config-values.ts";
export { type ConfigProblem, InvalidConfigError, UnsupportedModelError, UnsupportedTaskError } from "./errors.ts";
export { families, familyOf, supportedModelTypes } from "./families.ts";
export type {
  EmbeddingRow,
  Family,
  FileSpelling,
  HeadTable,
  LinearRow,
  NormRow,
  StackedFileKeys,
  TensorRow,
  TieRow,
  WeightLayout,
  Width,
} from "./family.ts";
export { defaultTargetsOf } from "./lookup/default-targets.ts";
export type { ModelConfig } from "./model-config.ts";
export { architectureOf, resolveTask } from "./resolve-task.ts";
export type { RotaryConfig, RotaryScaling } from "./rotary.ts";
export type { Task } from "./task.ts";
