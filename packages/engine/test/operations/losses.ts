// Cross-entropy from logits, and straight from hidden states over selected rows.

import { fc } from "@fast-check/vitest";
import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { crossEntropy, type Reduction } from "../../src/ops/losses/cross-entropy.ts";
import { linearCrossEntropy } from "../../src/ops/losses/linear-cross-entropy.ts";
import { matrix } from "../../src/rows.ts";
import { waveValues } from "../packed-matrices.ts";
import { at, byRows, product } from "./float64.ts";
import { defineOperation, type OperationCase, required, size } from "./operation-case.ts";
import { preparedWeight, type WeightSettings, weightSettings } from "./prepared-weight.ts";

/** One label a row as a fraction of the classes; undefined where the row is not selected. */
type Labels = readonly (number | undefined)[];

const labels: fc.Arbitrary<Labels> = fc.array(
  fc.option(fc.double({ min: 0, max: 0.999, noNaN: true }), { nil: undefined }),
  { maxLength: 9 },
);

function idsOf(drawn: Labels, classes: number): Int32Array {
  return Int32Array.from(drawn, (label) => (label === undefined ? -100 : Math.floor(label * classes)));
}

/** How much each row counts. */
function weightsOf(ids: Int32Array, reduction: Reduction): Float32Array {
  const counted = ids.filter((id) => id >= 0).length;
  const weight = reduction === "mean" ? 1 / Math.max(1, counted) : 1;
  return Float32Array.from(ids, (id) => (id >= 0 ? weight : 0));
}

function twinOfLogits(logits: tf.Tensor, ids: Int32Array, reduction: Reduction): tf.Tensor {
  const classes = required(logits.shape[1]);
  const isLabel = Uint8Array.from({ length: ids.length * classes }, (_, index) =>
    Math.max(0, at(ids, Math.floor(index / classes))) === index % classes ? 1 : 0,
  );
  const likelihoods = tf.logSoftmax(logits);
  const ofLabels = tf.where(tf.tensor(isLabel, [ids.length, classes], "bool"), likelihoods, tf.zerosLike(likelihoods));
  const losses = tf.mul(tf.neg(tf.sum(ofLabels, 1)), tf.tensor1d(weightsOf(ids, reduction)));
  return reduction === "none" ? losses : tf.sum(losses);
}

function referenceOfLogits(logits: Float64Array, ids: Int32Array, settings: { classes: number; reduction: Reduction }) {
  const { classes, reduction } = settings;
  const weights = weightsOf(ids, reduction);
  let row = 0;
  const losses = byRows(logits, classes, (scores) => {
    const highest = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
    const loss = highest + Math.log(total) - at(scores, Math.max(0, at(ids, row)));
    return [loss * at(weights, row++)];
  });
  return reduction === "none" ? losses : Float64Array.of(losses.reduce((sum, loss) => sum + loss, 0));
}

interface LossSettings {
  readonly labels: Labels;
  readonly classes: number;
  readonly reduction: Reduction;
}

const ofLogits = defineOperation<LossSettings>({
  name: "crossEntropy",
  settings: fc.record({ labels, classes: size, reduction: fc.constantFrom<Reduction>("mean", "sum", "none") }),
  large: [{ labels: [0.5, undefined, 0.9], classes: 30_011, reduction: "mean" }],
  use: ({ labels, classes, reduction }) => {
    const ids = idsOf(labels, classes);
    return {
      shapes: [[ids.length, classes]],
      range: 3,
      compute: (logits) => crossEntropy(matrix(required(logits)), tf.tensor1d(ids, "int32"), reduction),
      twin: (logits) => twinOfLogits(required(logits), ids, reduction),
      reference: (logits) => referenceOfLogits(required(logits), ids, { classes, reduction }),
    };
  },
});

interface HeadSettings {
  readonly labels: Labels;
  readonly features: number;
  readonly classes: number;
  readonly reduction: "mean" | "sum";
  readonly chunkRows: number;
  readonly hasBias: boolean;
  readonly cap?: number | undefined;
  readonly kept: WeightSettings;
}

const ofHidden = defineOperation<HeadSettings>({
  name: "linearCrossEntropy over selected rows",
  settings: fc.record({
    labels,
    features: size,
    classes: size,
    reduction: fc.constantFrom<"mean" | "sum">("mean", "sum"),
    chunkRows: fc.integer({ min: 1, max: 10 }),
    hasBias: fc.boolean(),
    cap: fc.option(fc.constantFrom(0.5, 2), { nil: undefined }),
    kept: weightSettings,
  }),
  // The native kernel holds 262 144 logits in a tile: two of them, the second of them small.
  large: [
    {
      labels: Array.from({ length: 41 }, (_, row) => (row % 4 === 1 ? undefined : row / 41)),
      features: 3,
      classes: 6_397,
      reduction: "mean",
      chunkRows: 2,
      hasBias: true,
      kept: { storage: "float32", isTransposed: true },
    },
  ],
  use: ({ labels, features, classes, reduction, chunkRows, hasBias, cap, kept }) => {
    const ids = idsOf(labels, classes);
    const bias = waveValues(classes, 4);
    const frozen = preparedWeight([features, classes], kept);
    const plain = () => tf.tensor2d(frozen.values.slice(), [features, classes]);
    const logitsOf = (hidden: Float64Array) => {
      const logits = product(hidden, Float64Array.from(frozen.values), features);
      const shifted = hasBias ? logits.map((logit, index) => logit + at(bias, index % classes)) : logits;
      return cap === undefined ? shifted : shifted.map((logit) => cap * Math.tanh(logit / cap));
    };
    return {
      prepare: frozen.prepare,
      constants: hasBias ? [...frozen.constants, bias] : frozen.constants,
      // A loss is the difference of two logits: with one class, or one that exceeds all others, nothing is left of them.
      terms: (hidden) => [largestMagnitude(logitsOf(Float64Array.from(required(hidden))))],
      shapes: [[ids.length, features]],
      compute: (hidden) => {
        const options = {
          chunkRows,
          reduction,
          ...(hasBias ? { bias: tf.tensor1d(bias.slice()) } : {}),
          ...(cap === undefined ? {} : { cap }),
        };
        return linearCrossEntropy(matrix(required(hidden)), frozen.weight(), tf.tensor1d(ids, "int32"), options);
      },
      twin: (hidden) => {
        const product = tf.matMul(required(hidden), plain());
        const logits = hasBias ? tf.add(product, tf.tensor1d(bias.slice())) : product;
        return twinOfLogits(cap === undefined ? logits : tf.mul(tf.tanh(tf.div(logits, cap)), cap), ids, reduction);
      },
      reference: (hidden) => {
        return referenceOfLogits(logitsOf(required(hidden)), ids, { classes, reduction });
      },
    };
  },
});

export const losses: readonly OperationCase[] = [ofLogits, ofHidden];
