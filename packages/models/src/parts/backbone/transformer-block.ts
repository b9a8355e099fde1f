// One block of any transformer: attention, feed-forward, and the positions of norms and residuals.

import { addResidual } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { NormLayer } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { type PartPlan, planned, planOf } from "../planned.ts";
import { type Block, compose } from "./stages.ts";

export interface TransformerBlockOptions {
  readonly attention: Layer;
  readonly feedForward: Layer;
  /** GPT-2 and LLaMA normalize a sublayer's input; in a parallel block both may share one norm. */
  readonly beforeAttention?: NormLayer;
  readonly beforeFeedForward?: NormLayer;
  /** Gemma 2 also normalizes a sublayer's output. */
  readonly afterAttention?: NormLayer;
  readonly afterFeedForward?: NormLayer;
  /** BERT normalizes the sum. */
  readonly afterAttentionSum?: NormLayer;
  readonly afterFeedForwardSum?: NormLayer;
  /**
   * "parallel" feeds both sublayers from the block's input (GPT-NeoX, Phi); "after-norm" adds a sublayer's output to the
   * normalized input, not to the input of the norm (some BLOOMs).
   */
  readonly residual?: "sequential" | "parallel" | "after-norm";
  /** Dropout on each sublayer's output, while training. */
  readonly dropout?: { readonly rate: number; readonly path: string; readonly attentionRate?: number };
}

export function transformerBlock(options: TransformerBlockOptions): Block {
  const { dropout } = options;
  const attend: Sublayer = {
    layer: options.attention,
    before: options.beforeAttention,
    after: options.afterAttention,
    dropout: dropout && { rate: dropout.attentionRate ?? dropout.rate, path: `${dropout.path}/attention-output` },
  };
  const feed: Sublayer = {
    layer: options.feedForward,
    before: options.beforeFeedForward,
    after: options.afterFeedForward,
    dropout: dropout && { rate: dropout.rate, path: `${dropout.path}/feed-forward-output` },
  };
  if (options.residual === "parallel") {
    return planned(
      (hidden: tf.Tensor, pass: Pass) =>
        tf.tidy(() => addResidual(hidden, addResidual(apply(attend, hidden, pass), apply(feed, hidden, pass)))),
      (x, plan, context) => plan.add(x, plan.add(toPlan(attend)(x, plan, context), toPlan(feed)(x, plan, context))),
    );
  }
  const isAfterNorm = options.residual === "after-norm";
  return compose(
    residual({ ...attend, afterSum: options.afterAttentionSum, isAfterNorm }),
    residual({ ...feed, afterSum: options.afterFeedForwardSum, isAfterNorm }),
  );
}

/** A sublayer in the residual stream: afterSum(hidden + dropout(after(layer(before(hidden))))) */
export function residual({ afterSum, isAfterNorm = false, ...sublayer }: ResidualSublayer): Layer {
  const sum = isAfterNorm ? sumAfterNorm : sumAround;
  const run: Layer = (hidden, pass) => tf.tidy(() => normed(afterSum, sum(sublayer, hidden, pass), pass));
  return planned(run, (x, plan, context) => {
    const [from, rest] = isAfterNorm
      ? [planNorm(sublayer.before)(x, plan, context), { ...sublayer, before: undefined }]
      : [x, sublayer];
    return planNorm(afterSum)(plan.add(from, toPlan(rest)(from, plan, context)), plan, context);
  });
}

function sumAround(sublayer: Sublayer, hidden: tf.Tensor, pass: Pass): tf.Tensor {
  const { dropout } = sublayer;
  const draw = dropout && pass.draw(dropout.rate, dropout.path);
  return addResidual(hidden, apply({ ...sublayer, dropout: undefined }, hidden, pass), draw);
}

function sumAfterNorm({ before, ...sublayer }: Sublayer, hidden: tf.Tensor, pass: Pass): tf.Tensor {
  return sumAround({ ...sublayer, before: undefined }, normed(before, hidden, pass), pass);
}

interface Sublayer {
  readonly layer: Layer;
  /** Normalizes the layer's input. */
  readonly before?: NormLayer | undefined;
  /** Normalizes the layer's output. */
  readonly after?: NormLayer | undefined;
  /** Dropout of the layer's output, while training. */
  readonly dropout?: { readonly rate: number; readonly path: string } | undefined;
}

interface ResidualSublayer extends Sublayer {
  /** Normalizes the sum. */
  readonly afterSum?: NormLayer | undefined;
  /** Whether the residual is the normalized input instead of the input. */
  readonly isAfterNorm?: boolean;
}

function apply({ layer, before, after, dropout }: Sublayer, hidden: tf.Tensor, pass: Pass): tf.Tensor {
  const output = normed(after, layer(normed(before, hidden, pass), pass), pass);
  return dropout === undefined ? output : pass.drop(output, dropout.rate, dropout.path);
}

function toPlan({ layer, before, after }: Sublayer): PartPlan {
  return (x, plan, context) =>
    planNorm(after)(planOf(layer)(planNorm(before)(x, plan, context), plan, context), plan, context);
}

function planNorm(norm: NormLayer | undefined): PartPlan {
  return norm === undefined ? (x) => x : planOf(norm);
}

function normed(norm: NormLayer | undefined, x: tf.Tensor, pass: Pass): tf.Tensor {
  return norm === undefined ? x : norm.forward(x, pass.context);
}
