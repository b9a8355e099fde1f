// Rows on their way to experts and back. Each is the other's gradient, so that nothing is added up by index.

import * as tf from "@tensorflow/tfjs-core";
import type { Routing } from "./route-tokens.ts";

/** x [tokens, width] → its rows by expert, a token's row once for each of its experts: [slots, width] */
export function spreadRows(x: tf.Tensor2D, routing: Routing): tf.Tensor2D {
  return moved(
    x,
    (rows) => spread(rows, routing),
    (rows) => collect(rows, routing),
  );
}

/** Rows by expert [slots, width] → the sum of each token's: [tokens, width] */
export function collectRows(x: tf.Tensor2D, routing: Routing): tf.Tensor2D {
  return moved(
    x,
    (rows) => collect(rows, routing),
    (rows) => spread(rows, routing),
  );
}

type Move = (rows: tf.Tensor2D) => tf.Tensor2D;

function moved(x: tf.Tensor2D, forward: Move, back: Move): tf.Tensor2D {
  const operation = tf.customGrad((rows) => ({
    value: forward(rows as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => [back(dy as tf.Tensor2D)],
  }));
  return operation(x) as tf.Tensor2D;
}

function spread(x: tf.Tensor2D, { order, perToken }: Routing): tf.Tensor2D {
  return tf.gather(
    x,
    tf.tensor1d(
      order.map((slot) => Math.floor(slot / perToken)),
      "int32",
    ),
  );
}

function collect(x: tf.Tensor2D, { places, perToken }: Routing): tf.Tensor2D {
  const bySlot = tf.gather(x, tf.tensor1d(places, "int32"));
  return tf.sum<tf.Tensor2D>(tf.reshape(bySlot, [-1, perToken, x.shape[1]]), 1);
}
