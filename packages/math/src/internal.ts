// Names that only our own packages import. They may change in any release.

export { BiasedAdaptation, createLoraBias } from "./adaptations/biased-adaptation.ts";
export { adaptedNorms, DoraAdaptation } from "./adaptations/dora-adaptation.ts";
export type { LoraAdaptationOptions } from "./adaptations/lora-adaptation.ts";
export type { LowRankAdaptation } from "./adaptations/low-rank-adaptation.ts";
export { TokenRowsAdaptation } from "./adaptations/token-rows-adaptation.ts";
export { amplificationFactor } from "./analysis/amplification-factor.ts";
export { subspaceSimilarities } from "./analysis/subspace-similarities.ts";
export { missingMeasurementError, rankError, settingError } from "./errors.ts";
export type { GradientDirection, GradientScale, InitSettings, Measured } from "./inits/initialization.ts";
export { initializationOf } from "./inits/initializations.ts";
export { explainedVariance } from "./inits/measured/eva.ts";
export { layerKinds, siteKinds } from "./kinds/kinds.ts";
export type { Layer, RandomInit } from "./kinds/layer-kind.ts";
export { parameterDelta, rawMatrixSizes } from "./kinds/parameter.ts";
export { parameterRows } from "./kinds/parameter-rows.ts";
export { tiedHead } from "./kinds/tied-head.ts";
export { extremeSingularValues } from "./linear-algebra/condition-number.ts";
export { lowRankNorm } from "./linear-algebra/low-rank-svd.ts";
export {
  concatColumns,
  matrixOfTensor,
  rowOf,
  scaleColumns,
  selectRows,
  sliceColumns,
  takeMatrix,
  tensorOfMatrix,
} from "./linear-algebra/matrix.ts";
export { randomMask } from "./linear-algebra/random-mask.ts";
export { normalMatrix } from "./linear-algebra/randomized-svd.ts";
export { rankForEnergy } from "./linear-algebra/rank-for-energy.ts";
export { solveSymmetric } from "./linear-algebra/solve-symmetric.ts";
export { type RowBlocks, streamedSvd } from "./linear-algebra/streamed-svd.ts";
export { type Svd, truncateSvd } from "./linear-algebra/svd.ts";
export { truncatedSvd } from "./linear-algebra/truncated-svd.ts";
export { pissaToLora } from "./matrices/pissa-to-lora.ts";
export { type BaseChange, type FactorSpec, toAB } from "./update/factor.ts";
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
export { preconditionGradients } from "./update/precondition-gradients.ts";
export type { RowUpdate } from "./update/row-update.ts";
