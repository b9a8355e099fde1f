export { checkConfig } from "./check-config.ts";
export type {
  ConfigTable,
  DropoutPlace,
  FixedKey,
  RateRow,
  RotaryTable,
  ScalarName,
  ScalarRow,
  SizeName,
  SizeRow,
  SwitchName,
  SwitchRow,
  WindowLayers,
  WindowTable,
} from "./config-table.ts";
export { defaultTargetsOf } from "./default-targets.ts";
export { type ConfigProblem, InvalidConfigError, UnsupportedModelError, UnsupportedTaskError } from "./errors.ts";
export { families, familyOf, supportedModelTypes } from "./families.ts";
export type {
  EmbeddingRow,
  Family,
  FileSpelling,
  HeadTable,
  LinearRow,
  NormRow,
  TensorRow,
  TieRow,
  WeightLayout,
  Width,
} from "./family.ts";
export { type CheckpointMatch, matchCheckpoint } from "./match-checkpoint.ts";
export type { Activation, ModelConfig, ProblemType } from "./model-config.ts";
export { type Module, modulesOf, pathInModel, widthOf } from "./modules.ts";
export { type Parameter, parametersOf } from "./parameters.ts";
export { architectureOf, resolveTask } from "./resolve-task.ts";
export type { RotaryConfig } from "./rotary-config.ts";
export type { RotaryScaling } from "./rotary-scaling.ts";
export type { Task } from "./task.ts";
