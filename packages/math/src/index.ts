export { BiasedAdaptation, createLoraBias } from "./adaptations/biased-adaptation.ts";
export { adaptedNorms, DoraAdaptation } from "./adaptations/dora-adaptation.ts";
export { LoraAdaptation, type LoraAdaptationOptions } from "./adaptations/lora-adaptation.ts";
export type { LowRankAdaptation } from "./adaptations/low-rank-adaptation.ts";
export { TokenRowsAdaptation, type TokenRowsOptions } from "./adaptations/token-rows-adaptation.ts";
export { type Amplification, amplificationFactor } from "./analysis/amplification-factor.ts";
export { subspaceSimilarities } from "./analysis/subspace-similarities.ts";
export { subspaceSimilarity } from "./analysis/subspace-similarity.ts";
export { missingMeasurementError, rankError, settingError } from "./errors.ts";
export type { GradientDirection, GradientScale, InitSettings, Measured } from "./inits/initialization.ts";
export { initializationOf, initializations, initializeMatrices } from "./inits/initializations.ts";
export { explainedVariance } from "./inits/measured/eva.ts";
export { layerKinds, siteKinds } from "./kinds/kinds.ts";
export type { Branch, Layer, LayerKind, RandomInit, SiteKind } from "./kinds/layer-kind.ts";
export { parameterDelta, rawMatrixSizes } from "./kinds/parameter.ts";
export { parameterRows } from "./kinds/parameter-rows.ts";
export { tiedHead } from "./kinds/tied-head.ts";
export { extremeSingularValues } from "./linear-algebra/condition-number.ts";
export { lowRankNorm, lowRankSvd } from "./linear-algebra/low-rank-svd.ts";
export {
  concatColumns,
  createMatrix,
  frobeniusNorm,
  type Matrix,
  matrixOfTensor,
  multiply,
  rowOf,
  scaleColumns,
  selectRows,
  sliceColumns,
  takeMatrix,
  tensorOfMatrix,
  transpose,
} from "./linear-algebra/matrix.ts";
export { randomMask } from "./linear-algebra/random-mask.ts";
export { normalMatrix, randomizedSvd } from "./linear-algebra/randomized-svd.ts";
export { rankForEnergy } from "./linear-algebra/rank-for-energy.ts";
export { solveSymmetric } from "./linear-algebra/solve-symmetric.ts";
export { type RowBlocks, streamedSvd } from "./linear-algebra/streamed-svd.ts";
export { type Svd, svd, truncateSvd } from "./linear-algebra/svd.ts";
export { thinQr } from "./linear-algebra/thin-qr.ts";
export { truncatedSvd } from "./linear-algebra/truncated-svd.ts";
export { createLora } from "./matrices/create-lora.ts";
export { LoraMatrices, type LoraOptions } from "./matrices/lora-matrices.ts";
export { pissaToLora } from "./matrices/pissa-to-lora.ts";
export { loftq } from "./quantization/loftq.ts";
export { type AB, type BaseChange, type Factor, type FactorSpec, toAB, type Update } from "./update/factor.ts";
export {
  type FileLayout,
  fromStored,
  plainLayout,
  readStored,
  reshapedLayout,
  type TorchMatrices,
  type TorchMatrix,
  transposedLayout,
} from "./update/file-layout.ts";
export { lowRankDelta } from "./update/low-rank-delta.ts";
export { preconditionGradients } from "./update/precondition-gradients.ts";
export type { RowUpdate } from "./update/row-update.ts";
export { scaling } from "./update/scaling.ts";
