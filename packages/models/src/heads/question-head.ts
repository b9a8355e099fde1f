// Extractive question answering: for each token, whether the answer starts there and whether it ends there.

import { crossEntropy } from "@lowrank/engine";
import type { LinearSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../errors.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import type { Head, Losses } from "./head.ts";

export interface QuestionHeadOptions {
  /** Two outputs: start and end. */
  readonly site: LinearSite;
  /** Between the hidden states and the site. */
  readonly transform: Layer;
}

export class QuestionHead implements Head {
  constructor(private readonly options: QuestionHeadOptions) {
    const { outFeatures, path } = options.site;
    if (outFeatures !== 2) throw new ModelInputError("labels", `"${path}" has ${outFeatures} outputs, expected 2`);
  }

  /** [batch, time, 2]: start, then end. */
  forward(hidden: tf.Tensor, pass: Pass): tf.Tensor {
    return this.options.site.forward(this.options.transform(hidden, pass), pass.context);
  }

  /**
   * Labels [batch, 2]: the tokens at the start and the end of the answer. Positions outside the sequence do not count. With the context's
   * `ignoresPadding`, padding is outside of it.
   */
  losses(labels: tf.Tensor, pass: Pass): Losses {
    const [batch, time] = pass.lastIds.shape;
    if (!tf.util.arraysEqual(labels.shape, [batch, 2])) {
      throw new ModelInputError("labels", `the shape is [${labels.shape}], expected [${batch}, 2]: start and end`);
    }
    const shown = pass.context.ignoresPadding === true ? shownPositions(pass) : undefined;
    const isShown = shown && new Set(shown);
    const positions = Array.from(labels.dataSync(), (place, index) => {
      const inside = Math.max(0, place); // negative positions become 0, as in transformers
      const isPlace = inside < time && (isShown?.has(Math.floor(index / 2) * time + inside) ?? true);
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
      return shown === undefined
        ? logits
        : hidePadding(logits, { shown, shape: [batch, time], isPicked: picked !== undefined });
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

/** The positions that are not padding, among batch·time; undefined without a mask, and for decoder inputs that a caller made. */
function shownPositions({ inputs: { attentionMask }, lastIds }: Pass): readonly number[] | undefined {
  if (attentionMask === undefined || !tf.util.arraysEqual(attentionMask.shape, lastIds.shape)) return undefined;
  return Array.from(attentionMask.dataSync()).flatMap((value, position) => (value ? [position] : []));
}

interface Padded {
  readonly shown: readonly number[];
  readonly shape: readonly [batch: number, time: number];
  /** Whether the logits are those of the shown positions alone. */
  readonly isPicked: boolean;
}

/** Logits of the shown positions, or of all → [batch, time, 2] */
function hidePadding(logits: tf.Tensor, { shown, shape: [batch, time], isPicked }: Padded): tf.Tensor {
  const rows = isPicked ? shown.length : batch * time;
  const indices = new Int32Array(batch * time).fill(rows); // the row after the logits
  for (const [index, position] of shown.entries()) indices[position] = isPicked ? index : position;
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
