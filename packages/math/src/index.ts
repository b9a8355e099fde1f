export { type CreatePairOptions, createPair, type PairInitialization } from "./create-pair.ts";
export { EmbeddingLoraAdaptation } from "./embedding-lora-adaptation.ts";
export { PairShapeError, RankError, SettingError } from "./errors.ts";
export { LoraAdaptation, type LoraAdaptationOptions } from "./lora-adaptation.ts";
export {
  fromTorchLayout,
  LoraPair,
  type PairKind,
  type TorchMatrix,
  type TorchPair,
  toTorchLayout,
} from "./lora-pair.ts";
export { lowRankDelta } from "./low-rank-delta.ts";
export { type ScalingOptions, scaling } from "./scaling.ts";
