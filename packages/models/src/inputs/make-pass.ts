// Makes the pass, which the stages of a model share, from checked inputs.

import type { ForwardContext } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/contracts/families";
import type * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../parts/backbone/backbone.ts";
import { Pass } from "../parts/pass.ts";
import { TextPositions, Texts } from "../parts/text-positions.ts";
import { decoderInputsOf } from "./decoder-inputs.ts";
import { placeImages } from "./image-grids.ts";
import { imagesOf } from "./image-states.ts";
import type { SequenceInputs } from "./model-inputs.ts";
import { positionsOf, type TextInputs } from "./model-inputs.ts";
import { blocksOf } from "./token-blocks.ts";

interface Model {
  readonly backbone: Backbone;
  readonly config: ModelConfig;
  readonly task: Task;
  readonly causal: boolean;
}

/** Call it inside a tidy; the caller disposes of the pass. Throws MODEL_INPUT and POSITION_LIMIT. */
export function makePass(
  inputs: SequenceInputs,
  context: ForwardContext,
  { backbone, config, task, causal }: Model,
): Pass {
  const { inputIds, pixelValues, inputFeatures } = inputs;
  if (inputFeatures !== undefined) {
    const [batch] = inputFeatures.shape;
    const audio = { inputFeatures, shape: [batch, config.sourcePositions] as const, positions: [], causal };
    return new Pass(context, audio, decoderPass(inputs, context, { backbone, config, task }));
  }
  if (inputIds === undefined) {
    return new Pass(context, { positions: [], causal, ...(pixelValues === undefined ? {} : { pixelValues }) });
  }
  if (pixelValues !== undefined && backbone.decoder !== undefined) {
    const image = { pixelValues, positions: [], causal: false };
    return new Pass(context, image, textPass({ ...inputs, inputIds }, context, backbone.decoder));
  }
  if (backbone.decoder === undefined) {
    const positions = positionsOf({ ...inputs, inputIds }, backbone);
    const textContext = knowsTokenPositions(task) ? withTokenPositions(context, { ...inputs, inputIds }) : context;
    const images = imagesOf(inputs, context, config);
    const blocks = blocksOf(inputs, images, backbone);
    const { grids } = images?.pass.inputs ?? {};
    const placed = grids && placeImages(inputIds.arraySync(), positions, { grids, token: config.imageTokenId });
    return new Pass(
      textContext,
      { ...inputs, positions, ...placed, causal, ...(blocks && { blocks }) },
      undefined,
      images,
    );
  }
  // A cache belongs to the decoder.
  const { cache: _, ...source } = inputs;
  const positions = positionsOf({ ...source, inputIds }, backbone);
  return new Pass(context, { ...source, positions, causal }, decoderPass(inputs, context, { backbone, config, task }));
}

/** Whether calls know the positions of states in their texts, which some adapters need. As in PEFT, other tasks lack them. */
export function knowsTokenPositions(task: Task): boolean {
  return task === "causal-lm";
}

/** Without adapters the positions are not needed. */
function withTokenPositions(context: ForwardContext, inputs: TextInputs): ForwardContext {
  if (context.adapters.kind === "none") return context;
  const { inputIds, cache } = inputs;
  const texts = cache?.textsOf(inputs) ?? new Texts(inputs);
  return { ...context, tokenPositions: TextPositions.behind(cache?.length ?? 0, inputIds.shape, texts) };
}

/** The texts that belong to a batch of images (CLIP). */
function textPass(
  { inputIds, attentionMask, ...others }: TextInputs,
  context: ForwardContext,
  { isCausal = true, ...backbone }: NonNullable<Backbone["decoder"]>,
): Pass {
  const mask = attentionMask === undefined ? {} : { attentionMask };
  const positions = positionsOf({ inputIds, ...mask, ...others }, backbone);
  return new Pass(context, { inputIds, ...mask, positions, causal: isCausal });
}

function decoderPass(
  inputs: SequenceInputs,
  context: ForwardContext,
  { backbone, config, task }: Omit<Model, "causal">,
): Pass {
  const { cache, attentionMask: sourceMask, decoderAttentionMask: attentionMask } = inputs;
  const inputIds: tf.Tensor2D = decoderInputsOf(inputs, { config, task });
  const decoderInputs = {
    inputIds,
    ...(cache === undefined ? {} : { cache }),
    ...(attentionMask === undefined ? {} : { attentionMask }),
  };
  const positions = positionsOf(decoderInputs, backbone.decoder ?? {});
  return new Pass(context, {
    ...decoderInputs,
    positions,
    causal: true,
    ...(sourceMask === undefined ? {} : { sourceMask }),
  });
}
