// How the tensors of a checkpoint belong to the parameters of a model.
export { matchCheckpoint } from "./checkpoint/match-checkpoint.ts";
export { type Module, modulesOf, pathInModel } from "./checkpoint/modules.ts";
export { type Parameter, parametersOf } from "./checkpoint/parameters.ts";
export { planQuantized, type QuantizedPieces } from "./checkpoint/plan-quantized.ts";
export { planBlocks, planSplits, planStacks } from "./checkpoint/plan-stacks.ts";
export { configOfStage } from "./config/stage-config.ts";
export { configOfTower, type ImageReader, imageReaderOf } from "./config/tower-config.ts";
