// A convolution over a few of the last positions, for each feature separately.

import type { ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { withWholeRows } from "../packing/shared-tokens.ts";
import type { Pass } from "../pass.ts";

export interface CausalConvolution {
  /** [batch, time, width] */
  readonly mixed: tf.Tensor3D;
  /** The last positions of x, which the next positions need in front of them: [batch, taps − 1, width]. */
  readonly newest: tf.Tensor3D;
}

interface CausalConvolutionOptions {
  /** [width, 1, taps], the last of them for the position itself. */
  readonly taps: ParameterSlot;
  /** [width] */
  readonly bias?: ParameterSlot | undefined;
  /** The last positions before x, [batch, taps − 1, width]; default: zeros. */
  readonly before?: tf.Tensor | undefined;
}

/** Σ taps[k]·x[t − last + k] + bias, of texts x [batch, time, width] behind `before`. Call it inside a tidy. */
export function causalConvolution(
  x: tf.Tensor3D,
  { taps, bias, before }: CausalConvolutionOptions,
  { context }: Pass,
): CausalConvolution {
  const [batch, time, width] = x.shape;
  const count = taps.shape[2] ?? 1;
  const front = before ?? tf.zeros([batch, count - 1, width]);
  const all = count === 1 ? x : tf.concat([front as tf.Tensor3D, x], 1);
  const hookPoints = bias === undefined ? [taps] : [taps, bias];
  const mixed = computeByRows({ x: all, context, path: taps.path, hookPoints }, (rows, rowContext) => {
    const byTap = tf.unstack(tf.transpose(tf.squeeze(taps.value(rowContext), [1]))); // of each tap [width]
    const sum = byTap
      .map((tap, place) => tf.mul(tf.slice(rows as tf.Tensor3D, [0, place, 0], [-1, time, -1]), tap))
      .reduce((sum, part) => tf.add(sum, part));
    return bias === undefined ? sum : tf.add(sum, bias.value(rowContext));
  });
  return { mixed: mixed as tf.Tensor3D, newest: tf.slice(all, [0, time, 0], [batch, count - 1, width]) };
}

// Helpers for layers that read a text in order: padding becomes zeros, and each row is one text.

/**
 * Sets the inputs of padding to 0, so that they do not affect later tokens: those behind a projection, which may have a bias (also
 * an adapter's bias). transformers sets the states before it to 0, and a bias changes the text behind padding. x [batch, time, width]
 */
export function withoutPadding<T extends tf.Tensor>(x: T, pass: Pass): T {
  const mask = textMask(x, pass);
  return mask === undefined ? x : tf.mul<T>(x, mask);
}

/** 1 for each state of x [batch, time, width] that is not padding, else 0: [batch, time, 1]. Undefined without padding. */
export function textMask(x: tf.Tensor, { inputs: { attentionMask } }: Pass): tf.Tensor | undefined {
  const [batch = 0, time = 0] = x.shape;
  if (attentionMask === undefined || time === 1) return undefined;
  const newTokens = tf.slice(attentionMask, [0, attentionMask.shape[1] - time], [batch, time]);
  return tf.cast(tf.expandDims(newTokens, 2), "float32");
}

/** Computes texts x [batch, time, width], one in each row; without padding, x [tokens, 1, width], in groups of equal length. */
export function byText(x: tf.Tensor3D, pass: Pass, compute: (texts: tf.Tensor3D) => tf.Tensor): tf.Tensor {
  const { groups } = pass;
  if (groups.length === 0) return compute(x);
  return withWholeRows({ x }, pass, ({ x }) => {
    const [tokens, , width] = x.shape;
    const parts = tf.split(
      tf.reshape(x, [tokens, width]),
      groups.map(({ shape: [rows, time] }) => rows * time),
    );
    const results = groups.map(({ shape: [rows, time] }, index) => {
      const result = compute(tf.reshape<tf.Rank.R3>(parts[index] as tf.Tensor, [rows, time, width])); // one part a group
      return tf.reshape(result, [rows * time, 1, -1]);
    });
    return tf.concat(results, 0);
  });
}
