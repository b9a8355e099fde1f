export { chooseEngine, type EngineChoice } from "./choose/choose-engine.ts";
export type { Failure, PassedOver } from "./choose/explain-failure.ts";
export { type MatMulSpeed, measureInt8Product, measureMatMul } from "./choose/measure-mat-mul.ts";
export type { ChooseEngineOptions } from "./choose/plan-engines.ts";
export { type EngineReport, surveyEngines } from "./choose/survey-engines.ts";
export { currentBackend } from "./engines/backends.ts";
export type { BackendFacts, EngineFacts } from "./engines/engine-facts.ts";
export { type EngineName, engineNames } from "./engines/facts.ts";
export { patchGraphicsKernels } from "./engines/graphics/patch-graphics-kernels.ts";
export { patchWasmKernels } from "./engines/wasm/patch-wasm-kernels.ts";
export { ArgumentError, NoEngineError, ShapeError } from "./errors.ts";
export { normalFloat4Levels, packNormalFloat4 } from "./frozen/normal-float4.ts";
export { FrozenWeight } from "./frozen-weight.ts";
export { graphKernelGradients } from "./gradients/graph-kernels.ts";
export { registerGradients } from "./gradients/register-gradients.ts";
export { maskedScore } from "./kernels/masked-score.ts";
export { lentValues } from "./lent-values.ts";
export { type AddLowRankOptions, addLowRank } from "./ops/add-low-rank.ts";
export { addResidual } from "./ops/add-residual.ts";
export { attendNext, type NextToken, type NextTokenInputs } from "./ops/attention/attend-next.ts";
export { type AttentionInputs, attention } from "./ops/attention/attention.ts";
export {
  type AttentionMask,
  type CausalMaskOptions,
  causalMask,
  combineMasks,
  paddingMask,
} from "./ops/attention/attention-mask.ts";
export { type AttentionGroup, type GroupAttentionInputs, groupAttention } from "./ops/attention/group-attention.ts";
export { joinHeads, splitHeads } from "./ops/attention/heads.ts";
export { type RotaryOptions, rotary } from "./ops/attention/rotary.ts";
export { convolve } from "./ops/convolve.ts";
export { dropout } from "./ops/dropout.ts";
export { embeddingLookup } from "./ops/embedding-lookup.ts";
export { type FrozenMap, frozenFeedForward } from "./ops/frozen-feed-forward.ts";
export { frozenLinear } from "./ops/frozen-linear.ts";
export { type GatedDelta, type GatedDeltaInputs, gatedDelta } from "./ops/gated-delta.ts";
export { type GeluKind, gelu } from "./ops/gelu.ts";
export { layerNorm } from "./ops/layer-norm.ts";
export { crossEntropy, type Reduction } from "./ops/losses/cross-entropy.ts";
export { labelMargin, linearLabelMargin } from "./ops/losses/label-smoothing.ts";
export { type LinearCrossEntropyOptions, linearCrossEntropy } from "./ops/losses/linear-cross-entropy.ts";
export { type RmsNormOptions, rmsNorm } from "./ops/rms-norm.ts";
export { geglu, silu, swiglu } from "./ops/silu.ts";
export type { BlockNumbers, SteppedNumbers } from "./packed/block-numbers.ts";
export type { Int8Matrix, MatrixShape } from "./packed/int8-matrix.ts";
export { int8Unfitness } from "./packed/int8-weights.ts";
export { packInt8 } from "./packed/pack-int8.ts";
export type { BlockMatrix, HalfMatrix, PackedMatrix } from "./packed/packed-matrix.ts";
export { normal, uniform, uniformValues } from "./random/draw.ts";
export { type DrawKey, hashKey } from "./random/hash-key.ts";
export type { DropoutDraw } from "./random/masks/dropout-mask.ts";
export { withRoundedProducts } from "./step/rounded-products.ts";
export type { StepFactor, StepWeight } from "./step/step-plan.ts";
export {
  type StepActivation,
  type StepAttention,
  type StepBias,
  type StepNode,
  type StepNorm,
  type StepPart,
  StepPlan,
  type StepRotation,
  type StepValue,
  stepActivations,
} from "./step/step-plan.ts";
export type { KeptPositions } from "./step/token-steps.ts";
export { TokenSteps } from "./step/token-steps.ts";
export { type Derivatives, differentiate } from "./tape/differentiate.ts";
export { type RecomputedBlock, recompute } from "./tape/recompute.ts";
export { type GradientRule, withGradients } from "./tape/with-gradients.ts";
export { withoutTape } from "./tape/without-tape.ts";
export { UnreadTensorError, UnreadTensors } from "./unread-tensors.ts";
