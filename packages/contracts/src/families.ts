export { checkConfig } from "./families/config/check-config.ts";
export { type CheckOptions, checkConfigOf } from "./families/config/check-config-of.ts";
export type { DropoutPlace, ScalarName, SizeName, SwitchName } from "./families/config-names.ts";
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
} from "./families/config-table.ts";
export type { Activation, ConfigValues, ProblemType } from "./families/config-values.ts";
export { type ConfigProblem, InvalidConfigError, UnsupportedModelError } from "./families/errors.ts";
export { families, familyOf, supportedModelTypes } from "./families/families.ts";
export type {
  EmbeddingRow,
  Family,
  FileSpelling,
  HeadTable,
  LinearRow,
  ModelConfig,
  NormRow,
  StackedFileKeys,
  TensorRow,
  TieRow,
  WeightLayout,
  Width,
} from "./families/family.ts";
export { defaultTargetsOf } from "./families/lookup/default-targets.ts";
export { architectureOf, resolveTask } from "./families/resolve-task.ts";
export type { RotaryConfig, RotaryScaling } from "./families/rotary.ts";
export type { Task } from "./families/task.ts";
