// A loaded model: a backbone, a head, and their hook points.

import {
  type AdaptableModel,
  activeAdapters,
  type ForwardContext,
  inferenceContext,
  type Site,
  selectedNames,
} from "@lowrank/contracts";
import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import { type ParameterRef, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { ConvolutionSite, EmbeddingSite, LinearSite, type Part } from "@lowrank/engine/hook-points";
import { modelDisposedError, type NewRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { EmbeddingSettings } from "./embeddings/embedding-settings.ts";
import { embedMiniBatches } from "./embeddings/mini-batches.ts";
import { embeddingsOf, pooledBy } from "./embeddings/pooled-embeddings.ts";
import { modelInputError, nothingSupervisedError, unknownAdapterError } from "./errors.ts";
import type { GenerationDefaults } from "./folder/generation-defaults.ts";
import {
  type HeadLoss,
  type LabelLogProbs,
  type LogProbOptions,
  type LossSum,
  type Measurement,
  tensorsOf,
} from "./heads/head.ts";
import { readForPooling } from "./heads/pooling.ts";
import { knowsTokenPositions, makePass } from "./inputs/make-pass.ts";
import { checkInputs, type LabelledInputs, type ModelInputs } from "./inputs/model-inputs.ts";
import { sequencesOf } from "./inputs/sequence-inputs.ts";
import type { ModelAssembly } from "./outline/outline-model.ts";
import { replicateLayers } from "./outline/replicate-layers.ts";
import { resizeVocabulary } from "./outline/resize-vocabulary.ts";
import { firstPositionOf, runBackbone } from "./parts/backbone/backbone.ts";
import { trainableIn } from "./parts/backbone/checkpoint-segments.ts";
import { computeByPlan } from "./parts/backbone/compute-by-plan.ts";
import { lastStates, numbersOf, pickFrom, type Reading } from "./parts/backbone/picked-states.ts";
import type { Pass } from "./parts/pass.ts";

/** The parts of a model, for other files of this package. */
export let assemblyOf: (model: PretrainedModel) => ModelAssembly;

/** A pretrained transformer with frozen weights, made by `loadModel` or `loadGguf`. It owns its tensors; `dispose` frees them. */
export class PretrainedModel implements AdaptableModel {
  readonly config: ModelConfig;
  readonly modelType: string;
  readonly task: Task;
  /** Whether each position sees only itself and earlier ones. */
  readonly causal: boolean;
  /** The first position of a text: 0, or the padding token's id plus 1 (RoBERTa). */
  readonly firstPosition: number;
  /** Whether adapters can act from certain tokens on. */
  readonly knowsTokenPositions: boolean;
  /** Paths of parameters that no file held (a classifier): train them and save them with the adapter. */
  readonly newParameters: readonly string[];
  /** A hash of the files that the model was loaded from. */
  readonly fingerprint: string;
  /** The start and end tokens of its texts if a call of `generate` does not give them. */
  readonly generation: GenerationDefaults;
  /** After `withLayers`: for each layer, the layer of the base that it repeats. */
  readonly layerOrder?: readonly number[];
  /** After `withVocabulary`: the number of tokens in the model's files. */
  readonly resizedFrom?: number;
  /** Modules that its files have and that are not computed here, as parts of their paths ("vision_tower."). */
  readonly partsLeftOut: readonly string[];
  readonly #assembly: ModelAssembly;
  #isDisposed = false;

  static {
    assemblyOf = (model) => model.#assembly;
  }

  constructor(assembly: ModelAssembly) {
    this.#assembly = assembly;
    this.config = assembly.config;
    this.modelType = assembly.config.modelType;
    this.task = assembly.task;
    this.causal = familyOf(this.modelType).causal !== assembly.config.switches.flipsCausalMask;
    this.firstPosition = firstPositionOf(assembly.backbone);
    this.knowsTokenPositions = knowsTokenPositions(assembly.task);
    this.newParameters = assembly.newParameters;
    this.fingerprint = assembly.fingerprint;
    this.generation = assembly.generation;
    this.partsLeftOut = assembly.config.family.ignoredFileParts ?? [];
    if (assembly.layerOrder !== undefined) this.layerOrder = assembly.layerOrder;
    if (assembly.resizedFrom !== undefined) this.resizedFrom = assembly.resizedFrom;
  }

  /** Every linear layer, embedding and convolution, in module order. */
  sites(): readonly Site[] {
    return this.#assembly.parts.filter(
      (part): part is LinearSite | EmbeddingSite | ConvolutionSite =>
        part instanceof LinearSite || part instanceof EmbeddingSite || part instanceof ConvolutionSite,
    );
  }

  /** Every parameter, in module order; a tied head is listed in addition to the embedding that it shares. */
  parameters(): readonly ParameterRef[] {
    this.#checkAlive();
    return this.#assembly.parts.flatMap((part) => part.parameters());
  }

  /**
   * Runs the model. Returns logits: [batch, time, vocabulary] of a language model (for an encoder–decoder at the decoder's positions),
   * [batch, classes] of a classifier, [batch, choices] of a multiple choice, [batch, time, 2] of a question's start and end, or
   * [batch, time] of a replaced-token detector. A model without a head returns the last hidden states [batch, time, features]. The
   * caller owns the result.
   *
   * @throws MODEL_INPUT, POSITION_LIMIT, CACHE_ADAPTERS, and UNKNOWN_ADAPTER for a selected name without an attached
   * adapter.
   */
  forward(inputs: ModelInputs, context: ForwardContext = inferenceContext()): tf.Tensor {
    const { head } = this.#assembly;
    return this.#run(inputs, context, (pass) => ({
      pick: head.reads?.(pass),
      finish: (states) => head.forward(states, pass),
    }));
  }

  /** Logits of the last position only, [batch, vocabulary], for generation. The caller owns the result. */
  forwardLast(inputs: ModelInputs, context: ForwardContext = inferenceContext()): tf.Tensor2D {
    return this.#run(inputs, context, (pass) => {
      const pick = lastStates(pass);
      const { backbone, head } = this.#assembly;
      const byRow = (logits: tf.Tensor) =>
        tf.reshape<tf.Rank.R2>(logits, [logits.shape[0] ?? 0, logits.shape.at(-1) ?? 0]);
      return {
        pick,
        whole: () => {
          const logits = computeByPlan(backbone, head, pass);
          return logits && byRow(logits);
        },
        finish: (last) => {
          const picked = pass.context.tokenPositions === undefined ? pass : pass.only(numbersOf(pick, pass.shape[1]));
          return byRow(head.forward(last, picked));
        },
      };
    });
  }

  /**
   * The loss that transformers computes for the task: the mean over labels that count. Logits of a language head, adapted
   * or not, exist for a few supervised positions at a time only. The caller owns the scalar.
   *
   * @throws NOTHING_SUPERVISED if no label counts; MODEL_INPUT and POSITION_LIMIT as `forward`.
   */
  loss(inputs: LabelledInputs, context: ForwardContext = inferenceContext()): tf.Scalar {
    return tf.tidy(() => {
      const { sum, count } = this.lossSum(inputs, context);
      if (count === 0) throw nothingSupervisedError();
      return tf.div<tf.Scalar>(sum, count);
    });
  }

  /** Like `loss`, but the sum and the number of supervised labels: sums of batches can be added, means cannot. */
  lossSum(inputs: LabelledInputs, context: ForwardContext = inferenceContext()): LossSum {
    return this.#sum(inputs, context, ({ of }) => of);
  }

  /** Like `lossSum`, with the head's predictions at supervised positions, if it has some. It has no gradient. */
  measure(inputs: LabelledInputs, context: ForwardContext = inferenceContext()): Measurement {
    return this.#sum(inputs, context, ({ of, measured = of }) => measured);
  }

  /**
   * The log-probability of each supervised label, [labels], and the position of its prediction among all batch·time positions: for
   * losses that compare answers. Differentiable; logits exist for a few positions at a time.
   *
   * @throws MODEL_INPUT for a model without a head over a vocabulary; otherwise as `loss`.
   */
  labelLogProbs(
    inputs: LabelledInputs,
    context: ForwardContext = inferenceContext(),
    { temperature = 1, sharesPrefix = false }: LogProbOptions = {},
  ): LabelLogProbs {
    let positions: readonly number[] = [];
    const values = this.#run(inputs, context, (pass) => {
      const losses = this.#assembly.head.positionLosses?.(inputs.labels, pass, temperature);
      if (losses === undefined) throw modelInputError("labels", "this model's head does not predict tokens");
      positions = losses.positions;
      return { pick: losses.pick, sharesPrefix, finish: (states) => tf.neg<tf.Tensor1D>(losses.of(states)) };
    });
    return { values, positions };
  }

  /**
   * One embedding for each text, [batch, width]: its states, pooled and normalized by `settings`. Padding is not computed. With
   * `miniBatchSize`, only this many texts are computed at a time, and again in the backward pass, so that the memory is that of a
   * mini-batch. The caller owns the result.
   *
   * @throws MODEL_INPUT for a model that has a decoder or reads images; otherwise as `forward`.
   *
   * @example
   * ```ts
   * import type { PretrainedModel } from "@lowrank/models";
   * import type { ModelInputs } from "@lowrank/models/internal";
   * import type * as tf from "@tensorflow/tfjs-core";
   *
   * export function embeddings(model: PretrainedModel, inputs: ModelInputs): tf.Tensor2D {
   *   return model.embed(inputs, { pooling: "mean", isNormalized: true });
   * }
   * ```
   */
  embed(
    inputs: ModelInputs,
    settings: EmbeddingSettings,
    context: ForwardContext = inferenceContext(),
    { miniBatchSize }: { readonly miniBatchSize?: number | undefined } = {},
  ): tf.Tensor2D {
    const { backbone, parts } = this.#assembly;
    if (miniBatchSize !== undefined) {
      this.#checkAlive();
      const embed = (slice: ModelInputs, sliceContext: ForwardContext) => this.embed(slice, settings, sliceContext);
      const how = { miniBatchSize, context, variables: trainableIn(parts, context), embed };
      return tf.tidy(() => embedMiniBatches(inputs, how));
    }
    if (backbone.decoder !== undefined || backbone.tokens === undefined)
      throw modelInputError("inputIds", "embeddings need an encoder or a decoder-only model");
    return this.#run(inputs, context, (pass) => ({
      pick: readForPooling(pooledBy[settings.pooling], pass),
      finish: (states) => embeddingsOf(states, settings, pass),
    }));
  }

  /**
   * A model whose layers repeat this one's in the given order, for adapters with `layer_replication`; [0, 1, 1, 2] adds one layer.
   * Weights are shared with this model as they are now, not copied. Adapters stay on this model. Dispose of both models, in any
   * order.
   *
   * @throws LAYER_ORDER
   *
   * @example
   * ```ts
   * import { type LoraConfig } from "@lowrank/adapter-format";
   * import { layerOrderOf } from "@lowrank/adapter-format/internal";
   * import type { PretrainedModel } from "@lowrank/models";
   *
   * export function modelFor(base: PretrainedModel, config: LoraConfig): PretrainedModel {
   *   const order = layerOrderOf(config);
   *   return order === null ? base : base.withLayers(order);
   * }
   * ```
   */
  withLayers(order: readonly number[]): PretrainedModel {
    this.#checkAlive();
    return new PretrainedModel(replicateLayers(this.#assembly, order));
  }

  /**
   * A model with `size` tokens, like transformers' `resize_token_embeddings`: tables, output heads and their biases get more rows, or
   * keep only the first ones. Tied weights stay tied. All other weights are shared, not copied. Dispose of both models, in any order.
   * New rows are the mean of the old ones unless `newRows` is given (transformers scatters them around that mean by 0.003 % of
   * the old rows' spread). The tokenizer is not extended.
   *
   * @throws VOCABULARY also while an adapter is attached or merged: resize first.
   *
   * @example
   * ```ts
   * import type { PretrainedModel } from "@lowrank/models";
   *
   * export function withTwoMoreTokens(base: PretrainedModel): PretrainedModel {
   *   const model = base.withVocabulary(base.config.vocabularySize + 2);
   *   base.dispose(); // what the two share stays
   *   return model;
   * }
   * ```
   */
  withVocabulary(size: number, options: { readonly newRows?: NewRows } = {}): PretrainedModel {
    refuseUnknownOptions("withVocabulary", options, { newRows: true });
    this.#checkAlive();
    const { newRows = "mean" } = options;
    return new PretrainedModel(resizeVocabulary(this.#assembly, size, newRows));
  }

  /** Frees every tensor of the model, except those shared with a model from `withLayers` or `withVocabulary`. A second call does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    for (const part of this.#assembly.parts) part.dispose();
  }

  /** Runs the model, and passes the head's losses and the states that they read to `use`: for custom losses. The caller owns the result. */
  judge<T extends tf.Tensor | tf.NamedTensorMap>(
    inputs: LabelledInputs,
    context: ForwardContext,
    use: (losses: HeadLoss, states: tf.Tensor) => T,
  ): T {
    return this.#run(inputs, context, (pass) => {
      const losses = this.#assembly.head.losses(inputs.labels, pass);
      return { pick: losses.pick, finish: (states) => use(losses, states) };
    });
  }

  #sum(inputs: LabelledInputs, context: ForwardContext, choose: (losses: HeadLoss) => HeadLoss["of"]): Measurement {
    const measurements: Measurement[] = [];
    this.judge(inputs, context, (losses, states) =>
      tensorsOf(measurements[measurements.push(choose(losses)(states)) - 1] as Measurement),
    );
    return measurements[0] as Measurement; // a run finishes or throws
  }

  #run<T extends tf.Tensor | tf.NamedTensorMap>(
    modelInputs: ModelInputs,
    context: ForwardContext,
    prepare: (pass: Pass) => Reading<T>,
  ): T {
    this.#checkAlive();
    const { backbone } = this.#assembly;
    return tf.tidy(() => {
      const inputs = sequencesOf(modelInputs, this.task);
      checkInputs(inputs, this.config, backbone);
      inputs.cache?.check(context.adapters);
      checkAdapters(this.#assembly.parts, context);
      const pass = makePass(inputs, context, { backbone, config: this.config, task: this.task, causal: this.causal });
      try {
        const { pick, sharesPrefix = false, whole, finish } = prepare(pass);
        const early = context.everyPosition === true ? undefined : pick;
        const byStates = () => {
          const states = runBackbone(backbone, pass, { pick: early, sharesPrefix });
          return finish(pick === undefined || early === pick ? states : pickFrom(states, pick));
        };
        const result = whole?.() ?? byStates();
        inputs.cache?.advance((backbone.decoder === undefined ? pass : pass.decoder).inputIds.shape[1]);
        return result;
      } finally {
        pass.dispose();
      }
    });
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw modelDisposedError();
  }
}

/** Throws UNKNOWN_ADAPTER for selected names that nothing is attached under. */
function checkAdapters(parts: readonly Part[], { adapters }: ForwardContext): void {
  const isAttached = (name: string) => parts.some((part) => part.isAdapted(inferenceContext(activeAdapters(name))));
  const unknown = selectedNames(adapters).filter((name) => !isAttached(name));
  if (unknown.length > 0) throw unknownAdapterError(unknown);
}
