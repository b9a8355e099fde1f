// Several residual streams (AltUp, Baykal et al. 2023; transformers' modeling_gemma3n.py): a layer predicts all of them from each other,
// computes the first, and corrects the others by what it found. Streams are joined: [batch, time, streams·width].

import type { LinearSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { PartList } from "./part-list.ts";
import type { Layer, Pass } from "./pass.ts";

export function alternatingUpdates(block: PartList) {
  const { streams: count, hiddenSize: width } = block.plan.config;
  const of = (name: string) => block.linear(`layers.{n}.altup.${name}`);
  const [correction, prediction, router] = [of("correction_coefs"), of("prediction_coefs"), of("modality_router")];
  const norm = block.norm("layers.{n}.altup.router_norm");
  const routed = (hidden: tf.Tensor, { context }: Pass) =>
    tf.tanh(router.forward(tf.div(norm.forward(hidden, context), width), context)); // [batch, time, streams]
  return {
    predict: (streams: tf.Tensor, pass: Pass) =>
      tf.tidy(() => {
        const [batch = 0, time = 0] = streams.shape;
        const coefficients = prediction.forward(routed(firstStream(streams, width), pass), pass.context);
        const byStream = tf.reshape(streams, [batch * time, count, width]);
        const mixed = tf.matMul(tf.reshape(coefficients, [batch * time, count, count]), byStream);
        return tf.add(streams, tf.reshape(mixed, streams.shape));
      }),
    /** `computed` [batch, time, width] is what the layer made of the first predicted stream. */
    correct: (predictions: tf.Tensor, computed: tf.Tensor, pass: Pass) =>
      tf.tidy(() => {
        const shares = tf.add(correction.forward(routed(computed, pass), pass.context), 1); // [batch, time, streams]
        const change = tf.sub(computed, firstStream(predictions, width));
        const changes = tf.mul(tf.expandDims(change, 2), tf.expandDims(shares, 3)); // [batch, time, streams, width]
        return tf.add(predictions, tf.reshape(changes, predictions.shape));
      }),
  };
}

export function firstStream(streams: tf.Tensor, width: number): tf.Tensor {
  return tf.slice(streams, [0, 0, 0], [-1, -1, width]);
}

/** Adds `update` [batch, time, width] to all streams but the first. */
export function addToOthers(streams: tf.Tensor, update: tf.Tensor): tf.Tensor {
  const others = (streams.shape[2] ?? 0) / (update.shape[2] ?? 1) - 1;
  return tf.add(streams, tf.concat([tf.zerosLike(update), tf.tile(update, [1, 1, others])], 2));
}

/** From embedded tokens [batch, time, width] to streams: the tokens, and maps of them with the same magnitude. */
export function widenToStreams(projections: readonly LinearSite[]): Layer {
  return (hidden, { context }) => {
    const others = projections.map((projection) => withMagnitudeOf(hidden, projection.forward(hidden, context)));
    return tf.concat([hidden, ...others], 2);
  };
}

/** The mean of the first stream and of maps of the others with the first one's magnitude: [batch, time, width]. */
export function narrowToState(projections: readonly LinearSite[]): Layer {
  return (streams, { context }) => {
    const [first, ...others] = tf.split(streams, projections.length + 1, 2) as [tf.Tensor, ...tf.Tensor[]]; // one more
    const mapped = projections.map((projection, index) =>
      withMagnitudeOf(first, projection.forward(others[index] as tf.Tensor, context)),
    );
    return tf.div(tf.addN([first, ...mapped]), mapped.length + 1);
  };
}

/** x with the root mean square of `target` at each position. The minima give states of zeros a gradient. */
function withMagnitudeOf(target: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const magnitude = (of: tf.Tensor, min: number) => tf.sqrt(tf.maximum(tf.mean(tf.square(of), 2, true), min)); // keepDims
  return tf.div(tf.mul(x, magnitude(target, 1e-30)), magnitude(x, 1e-5));
}
