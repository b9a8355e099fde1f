// Extractive question answering: for each token, whether the answer starts there and whether it ends there.

import { crossEntropy } from "@lowrank/engine";
import type { LinearSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import type { Head, HeadLoss } from "./head.ts";

export interface QuestionHeadOptions {
  /** Two outputs: start and end. */
  readonly site: LinearSite;
  /** Between the hidden states and the site. */
  readonly transform: Layer;
}

export class QuestionHead implements Head {
  constructor(private readonly options: QuestionHeadOptions) {
    const { outFeatures, path } = options.site;
    if (outFeatures !== 2) throw modelInputError("labels", `"${path}" has ${outFeatures} outputs, expected 2`);
  }

  /** [batch, time, 2]: start, then end. */
  forward(hidden: tf.Tensor, pass: Pass): tf.Tensor {
    return this.options.site.forward(this.options.transform(hidden, pass), pass.context);
  }

  /**
   * Labels [batch, 2]: the tokens at the start and the end of the answer. Positions outside the sequence do not count. With the context's
   * `ignoresPadding`, padding is outside of it.
   */
  losses(labels: tf.Tensor, pass: Pass): HeadLoss {
    const [batch, time] = pass.lastIds.shape;
    if (!tf.util.arraysEqual(labels.shape, [batch, 2])) {
      throw modelInputError("labels", `the shape is [${labels.shape}], expected [${batch}, 2]: start and end`);
    }
    const mask = pass.context.ignoresPadding === true ? maskOf(pass) : undefined;
    const shown = mask && [...mask.keys()].filter((position) => mask[position]);
    const positions = Array.from(labels.dataSync(), (place, index) => {
      const inside = Math.max(0, place); // negative positions become 0, as in transformers
      const isPlace = inside < time && mask?.[Math.floor(index / 2) * time + inside] !== 0;
      return isPlace ? inside : -100;
    });
    const ofStart = targetsOf(positions, 0);
    const ofEnd = targetsOf(positions, 1);
    const count = ofStart.count + ofEnd.count;
    if (count === 0) return { of: () => ({ sum: tf.scalar(0), count }) };
    // Adapters that go by rows of the batch need all states.
    const picked = pass.context.adapters.kind === "rows" ? undefined : shown;
    const logitsOf = (states: tf.Tensor) => {
      const logits = this.forward(states, picked === undefined ? pass : pass.only(picked));
      return shown === undefined ? logits : hidePadding(logits, shown, [batch, time]);
    };
    const lossOf = (logits: tf.Tensor) => {
      const [starts, ends] = tf.unstack(logits, 2); // each [batch, time]
      // Two logits were checked for in the constructor.
      const start = meanLoss(starts as tf.Tensor2D, ofStart);
      const end = meanLoss(ends as tf.Tensor2D, ofEnd);
      // transformers takes the mean of both means, even if they count different numbers of rows.
      return { sum: tf.mul<tf.Scalar>(tf.add(start, end), count / 2), count };
    };
    return {
      ...(picked && { pick: { states: picked } }),
      of: (states) => lossOf(logitsOf(states)),
      measured: (states) => {
        const logits = logitsOf(states);
        return { ...lossOf(logits), answers: { kind: "spans", values: logits } };
      },
    };
  }
}

/** The logit of padding: its exponential is 0. */
const hiddenLogit = -1e9;

/** 1 or 0 [batch·time]; undefined without a mask, and for decoder inputs that a caller made. */
function maskOf({ inputs: { attentionMask }, lastIds }: Pass): Int32Array | undefined {
  if (attentionMask === undefined || !tf.util.arraysEqual(attentionMask.shape, lastIds.shape)) return undefined;
  return attentionMask.dataSync<"int32">();
}

/** Logits of the shown positions alone, or of all → [batch, time, 2] */
function hidePadding(
  logits: tf.Tensor,
  shown: readonly number[],
  [batch, time]: readonly [batch: number, time: number],
): tf.Tensor {
  const rows = logits.size / 2;
  const indices = new Int32Array(batch * time).fill(rows); // the row after the logits
  for (const [index, position] of shown.entries()) indices[position] = rows === shown.length ? index : position;
  const withPadding = tf.concat([tf.reshape(logits, [rows, 2]), tf.fill([1, 2], hiddenLogit)]);
  return tf.reshape(tf.gather(withPadding, tf.tensor1d(indices, "int32")), [batch, time, 2]);
}

interface Targets {
  readonly targets: number[];
  readonly count: number;
}

function targetsOf(positions: readonly number[], column: 0 | 1): Targets {
  const targets = positions.filter((_, index) => index % 2 === column);
  return { targets, count: targets.filter((target) => target !== -100).length };
}

/** Mean over the rows that count; 0 if none does. */
function meanLoss(logits: tf.Tensor2D, { targets, count }: Targets): tf.Scalar {
  if (count === 0) return tf.scalar(0);
  const sum = crossEntropy(logits, tf.tensor1d(targets, "int32"), "sum");
  return tf.div<tf.Scalar>(tf.reshape(sum, []), count);
}
