// One answer for a whole sequence – a class, several yes-or-no labels, or numbers –, or for several choices together.

import type { ProblemType } from "@lowrank/contracts/families/internal";
import type { LinearSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { StateSelection } from "../parts/backbone/stages.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import type { Head, HeadLoss, HeadPredictions, LossSum } from "./head.ts";
import { smoothedLoss, smoothingOf } from "./loss/smoothed-loss.ts";
import { type PooledStates, pool, readForPooling } from "./pooling.ts";

export interface ClassificationHeadOptions {
  readonly site: LinearSite;
  /** The states of a row that the site reads. */
  readonly columns: PooledStates;
  /** Applied to these states, [batch, width], before the site. */
  readonly transform?: Layer;
  /** Null lets the number of classes and the labels' type decide, as transformers does. */
  readonly problemType: ProblemType | null;
}

export class ClassificationHead implements Head {
  constructor(private readonly options: ClassificationHeadOptions) {}

  reads(pass: Pass): StateSelection | undefined {
    return readForPooling(this.options.columns, pass);
  }

  losses(labels: tf.Tensor, pass: Pass): HeadLoss {
    const pick = this.reads(pass);
    const problem = this.#problemType(labels);
    const of = (logits: tf.Tensor2D) => lossOf[problem](logits, labels, smoothingOf(pass.context));
    return {
      ...(pick === undefined ? {} : { pick }),
      of: (states) => of(this.forward(states, pass)),
      measured: (states) => {
        const logits = this.forward(states, pass);
        const answers: HeadPredictions =
          problem === "single_label_classification"
            ? classesOf(logits, labels)
            : { kind: "outputs", values: logits, problem };
        return { ...of(logits), answers };
      },
    };
  }

  /** The states that it reads → [batch, classes]; of choices → [batch, choices] */
  forward(states: tf.Tensor, pass: Pass): tf.Tensor2D {
    const { site, transform, columns } = this.options;
    const rows = pool(states, columns, pass);
    const answers = site.forward(transform === undefined ? rows : transform(rows, pass), pass.context) as tf.Tensor2D;
    const { choices } = pass.inputs;
    return choices === undefined ? answers : tf.reshape<tf.Rank.R2>(answers, [-1, choices]);
  }

  #problemType(labels: tf.Tensor): ProblemType {
    if (this.options.problemType !== null) return this.options.problemType;
    if (this.options.site.outFeatures === 1) return "regression";
    return labels.dtype === "int32" ? "single_label_classification" : "multi_label_classification";
  }
}

/** The answers of the rows that are supervised. */
function classesOf(logits: tf.Tensor2D, labels: tf.Tensor): HeadPredictions {
  const classes = Array.from(labels.dataSync());
  const rows = classes.flatMap((label, row) => (label === -100 ? [] : [row]));
  const values = tf.gather(tf.argMax<tf.Tensor1D>(logits, 1), tf.tensor1d(rows, "int32"));
  return { kind: "classes", values, targets: classes.filter((label) => label !== -100) };
}

type Loss = (logits: tf.Tensor2D, labels: tf.Tensor, smoothing: number) => LossSum;

const lossOf: Readonly<Record<ProblemType, Loss>> = {
  single_label_classification: (logits, labels, smoothing) => {
    const [batch, classes] = logits.shape;
    checkSize(labels, batch, "one class number per row");
    const values = Array.from(labels.dataSync());
    const wrong = values.find((label) => label !== -100 && !(Number.isInteger(label) && label >= 0 && label < classes));
    if (wrong !== undefined) throw modelInputError("labels", `got class ${wrong}, expected 0 to ${classes - 1}`);
    const targets = tf.tensor1d(values, "int32");
    const count = values.filter((label) => label !== -100).length;
    return { sum: smoothedLoss(logits, targets, smoothing), count };
  },
  regression: (logits, labels) => {
    checkSize(labels, logits.size, "one number for each output");
    const difference = tf.sub(logits, tf.reshape(tf.cast(labels, "float32"), logits.shape));
    return { sum: tf.sum(tf.square(difference)), count: logits.size };
  },
  multi_label_classification: (logits, labels) => {
    checkSize(labels, logits.size, "0 or 1 for each class");
    const targets = tf.reshape(tf.cast(labels, "float32"), logits.shape);
    // log(1 + e^x) − x·t
    return { sum: tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, targets))), count: logits.size };
  },
};

function checkSize(labels: tf.Tensor, size: number, meaning: string): void {
  if (labels.size === size) return;
  throw modelInputError("labels", `there are ${labels.size}, expected ${size}: ${meaning}`);
}
