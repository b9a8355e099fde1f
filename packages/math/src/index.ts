export { type Amplification, amplificationFactor, type FactoredUpdate } from "./analysis/amplification-factor.ts";
export { type SubspaceSimilarityOptions, subspaceSimilarity } from "./analysis/subspace-similarity.ts";
export { type CreatePairOptions, createPair, type PairInitialization } from "./create-pair.ts";
export { EmbeddingLoraAdaptation } from "./embedding-lora-adaptation.ts";
export { PairShapeError, RankError, SettingError } from "./errors.ts";
export { lowRankSvd } from "./linear-algebra/low-rank-svd.ts";
export {
  besideEachOther,
  columnsOf,
  createMatrix,
  frobeniusNorm,
  type Matrix,
  matrixOfTensor,
  multiply,
  rowsOf,
  scaleColumns,
  tensorOfMatrix,
  transpose,
} from "./linear-algebra/matrix.ts";
export { normalMatrix, type RandomizedSvdOptions, randomizedSvd } from "./linear-algebra/randomized-svd.ts";
export { type Svd, svd } from "./linear-algebra/svd.ts";
export { type ThinQr, thinQr } from "./linear-algebra/thin-qr.ts";
export { truncatedSvd } from "./linear-algebra/truncated-svd.ts";
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
