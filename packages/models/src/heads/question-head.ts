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

  /** Labels [batch, 2]: the tokens at the start and the end of the answer. Positions outside the sequence do not count. */
  losses(labels: tf.Tensor, pass: Pass): Losses {
    const [batch, time] = pass.lastIds.shape;
    if (!tf.util.arraysEqual(labels.shape, [batch, 2])) {
      throw new ModelInputError("labels", `the shape is [${labels.shape}], expected [${batch}, 2]: start and end`);
    }
    const positions = Array.from(labels.dataSync());
    const ofStart = targetsOf(positions, 0, time);
    const ofEnd = targetsOf(positions, 1, time);
    const count = ofStart.count + ofEnd.count;
    if (count === 0) return { of: () => ({ sum: tf.scalar(0), count }) };
    const lossOf = (logits: tf.Tensor) => {
      const [starts, ends] = tf.unstack(logits, 2); // each [batch, time]
      // Two logits were checked for in the constructor.
      const start = meanLoss(starts as tf.Tensor2D, ofStart);
      const end = meanLoss(ends as tf.Tensor2D, ofEnd);
      // transformers takes the mean of both means, even if they count different numbers of rows.
      return { sum: tf.mul<tf.Scalar>(tf.add(start, end), count / 2), count };
    };
    return {
      of: (hidden) => lossOf(this.forward(hidden, pass)),
      measured: (hidden) => {
        const logits = this.forward(hidden, pass);
        return { ...lossOf(logits), answers: { kind: "spans", values: logits } };
      },
    };
  }
}

interface Targets {
  readonly targets: number[];
  readonly count: number;
}

function targetsOf(positions: readonly number[], column: 0 | 1, time: number): Targets {
  // Negative positions become 0, as in transformers.
  const columnPositions = positions.filter((_, index) => index % 2 === column).map((position) => Math.max(0, position));
  const targets = columnPositions.map((position) => (position < time ? position : -100));
  return { targets, count: targets.filter((target) => target !== -100).length };
}

/** Mean over the rows that count; 0 if none does. */
function meanLoss(logits: tf.Tensor2D, { targets, count }: Targets): tf.Scalar {
  if (count === 0) return tf.scalar(0);
  const sum = crossEntropy(logits, tf.tensor1d(targets, "int32"), "sum");
  return tf.div<tf.Scalar>(tf.reshape(sum, []), count);
}
