// From checked inputs to what the stages of a model carry along.

import type { ForwardContext } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/families";
import type * as tf from "@tensorflow/tfjs-core";
import { decoderInputsOf } from "./decoder-inputs.ts";
import { positionsOf } from "./model-inputs.ts";
import { Pass } from "./parts/pass.ts";
import type { Trunk } from "./parts/trunk.ts";
import type { SequenceInputs } from "./sequence-inputs.ts";

interface Model {
  readonly trunk: Trunk;
  readonly config: ModelConfig;
  readonly task: Task;
  readonly causal: boolean;
}

/** Call it inside a tidy; the caller disposes of the pass. Throws ModelInputError and PositionLimitError. */
export function makePass(
  inputs: SequenceInputs,
  context: ForwardContext,
  { trunk, config, task, causal }: Model,
): Pass {
  const { inputIds, pixelValues } = inputs;
  if (inputIds === undefined) {
    return new Pass(context, { positions: [], causal, ...(pixelValues === undefined ? {} : { pixelValues }) });
  }
  if (trunk.decoder === undefined) {
    return new Pass(context, { ...inputs, positions: positionsOf({ ...inputs, inputIds }, trunk), causal });
  }
  // What a cache holds belongs to the decoder.
  const { cache: _, ...source } = inputs;
  const positions = positionsOf({ ...source, inputIds }, trunk);
  return new Pass(context, { ...source, positions, causal }, decoderPass(inputs, context, { trunk, config, task }));
}

function decoderPass(
  inputs: SequenceInputs,
  context: ForwardContext,
  { trunk, config, task }: Omit<Model, "causal">,
): Pass {
  const { cache, attentionMask: sourceMask, decoderAttentionMask: attentionMask } = inputs;
  const inputIds: tf.Tensor2D = decoderInputsOf(inputs, { config, task });
  const given = {
    inputIds,
    ...(cache === undefined ? {} : { cache }),
    ...(attentionMask === undefined ? {} : { attentionMask }),
  };
  const positions = positionsOf(given, trunk.decoder ?? {});
  return new Pass(context, {
    ...given,
    positions,
    causal: true,
    ...(sourceMask === undefined ? {} : { sourceMask }),
  });
}
