export { type Amplification, amplificationFactor, type FactoredUpdate } from "./analysis/amplification-factor.ts";
export { type SubspaceSimilarityOptions, subspaceSimilarity } from "./analysis/subspace-similarity.ts";
export { BiasedAdaptation } from "./biased-adaptation.ts";
export {
  ConvolutionLoraAdaptation,
  type ConvolutionLoraOptions,
  type ConvolutionShape,
  convolutionFileShapes,
  convolutionPairLayout,
} from "./convolution-lora-adaptation.ts";
export { type CreatePairOptions, createPair, createPairBias, type PairInitialization } from "./create-pair.ts";
export { columnLengths, DoraAdaptation, type DoraAdaptationOptions } from "./dora-adaptation.ts";
export { EmbeddingLoraAdaptation } from "./embedding-lora-adaptation.ts";
export {
  GroupedConvolutionError,
  MissingMeasurementError,
  PairShapeError,
  RankError,
  SettingError,
  UnknownInitializationError,
} from "./errors.ts";
export {
  type FileLayout,
  fromStored,
  plainLayout,
  readStored,
  reshapedLayout,
  type StoredValues,
  transposedLayout,
} from "./file-layout.ts";
export { explainedVariance } from "./initializations/eva.ts";
export type {
  Initialization,
  InputStatistics,
  Measured,
  StartRequest,
  StartSettings,
} from "./initializations/initialization.ts";
export { initializationOf, initializations, startPair } from "./initializations/initializations.ts";
export type { GradientDirection, GradientScale } from "./initializations/lora-ga.ts";
export { keepFirst } from "./linear-algebra/keep-first.ts";
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
export { randomMask } from "./linear-algebra/random-mask.ts";
export { normalMatrix, type RandomizedSvdOptions, randomizedSvd } from "./linear-algebra/randomized-svd.ts";
export { solveSymmetric } from "./linear-algebra/solve-symmetric.ts";
export { type Svd, svd } from "./linear-algebra/svd.ts";
export { type ThinQr, thinQr } from "./linear-algebra/thin-qr.ts";
export { truncatedSvd } from "./linear-algebra/truncated-svd.ts";
export { LoraAdaptation, type LoraAdaptationOptions } from "./lora-adaptation.ts";
export {
  fromTorchLayout,
  type InitialPair,
  LoraPair,
  type PairKind,
  type PairLayout,
  type TorchMatrix,
  type TorchPair,
  toTorchLayout,
} from "./lora-pair.ts";
export type { BiasBases, LowRankAdaptation } from "./low-rank-adaptation.ts";
export { lowRankDelta, pairDelta } from "./low-rank-delta.ts";
export { parameterDelta, type RawPairSizes, type RawParameter, rawPairSizes } from "./parameter-delta.ts";
export { pissaToLora } from "./pissa-to-lora.ts";
export { type LoftqOptions, type LoftqStart, loftq } from "./quantization/loftq.ts";
export { type ScalingOptions, scaling } from "./scaling.ts";
export { TiedHeadAdaptation, type TiedHeadOptions } from "./tied-head-adaptation.ts";
export { TokenRowsAdaptation, type TokenRowsOptions } from "./token-rows-adaptation.ts";
