// What the console and the tests may see of what the tab computes.

import { inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { Answerer } from "../answers.ts";

/** Logits [time · vocabulary] of one row of token ids. */
export const logits: Answerer<"logits"> = async (workshop, { inputIds }) => {
  const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
  const values = workshop.opened.opened.base.forward({ inputIds: ids }, inferenceContext()); // [1, time, vocabulary]
  try {
    return (await values.data()) as Float32Array;
  } finally {
    tf.dispose([ids, values]);
  }
};

/** What TensorFlow.js holds now. */
export const memory: Answerer<"memory"> = () => {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes };
};
