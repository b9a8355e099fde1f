// Embeddings with a gradient cache (GradCache, Gao et al. 2021): a batch is embedded in mini-batches, each of which keeps only its
// token ids until the backward pass and is then computed again. So memory is that of one mini-batch, and a loss still compares all texts.

import type { ForwardContext } from "@lowrank/contracts";
import { recompute, withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { ModelInputs } from "../inputs/model-inputs.ts";

/** How a batch is split. */
export interface MiniBatches {
  /** Maximum number of texts in each. */
  readonly miniBatchSize: number;
  readonly context: ForwardContext;
  /** All variables that `embed` reads and that may be trained. */
  readonly variables: readonly tf.Variable[];
  /** [texts, time] → [texts, width] */
  embed(inputs: ModelInputs, context: ForwardContext): tf.Tensor2D;
}

const masksPerStep = 2 ** 16;

/**
 * The embeddings of all texts, [batch, width], equal to those of one call of `embed`. Call it in a tidy.
 *
 * @throws MODEL_INPUT for a `miniBatchSize` that is no integer from 1.
 */
export function embedMiniBatches(
  inputs: ModelInputs,
  { miniBatchSize, context, variables, embed }: MiniBatches,
): tf.Tensor2D {
  if (!Number.isInteger(miniBatchSize) || miniBatchSize < 1)
    throw modelInputError("miniBatchSize", `${miniBatchSize} is not a whole number from 1`);
  const tensors = Object.entries(inputs).flatMap(([name, value]) =>
    value instanceof tf.Tensor ? [[name, value as tf.Tensor] as const] : [],
  );
  const batch = inputs.inputIds?.shape[0] ?? 0;
  const embeddings: tf.Tensor2D[] = [];
  for (let start = 0; start < batch; start += miniBatchSize) {
    const size = Math.min(miniBatchSize, batch - start);
    const sliceContext = contextOf(context, { start, size, index: embeddings.length });
    const sliced = (tensor: tf.Tensor) =>
      tensor.shape[0] === batch ? tf.slice(tensor, start, size) : tf.clone(tensor);
    const slices = withoutTape(() => tensors.map(([, tensor]) => sliced(tensor)));
    const compute = (...parts: tf.Tensor[]) =>
      embed({ ...inputs, ...Object.fromEntries(tensors.map(([name], index) => [name, parts[index]])) }, sliceContext);
    embeddings.push(recompute({ compute, inputs: [], constants: slices, variables }) as tf.Tensor2D);
    tf.dispose(slices);
  }
  return tf.concat2d(embeddings, 0);
}

interface Part {
  readonly start: number;
  readonly size: number;
  readonly index: number;
}

/** Each mini-batch has its own dropout masks. The first one has those of the whole batch. */
function contextOf(context: ForwardContext, { start, size, index }: Part): ForwardContext {
  const { random, adapters } = context;
  return {
    ...context,
    random: { ...random, microStep: random.microStep + index * masksPerStep },
    adapters: adapters.kind === "rows" ? { kind: "rows", rows: adapters.rows.slice(start, start + size) } : adapters,
  };
}
