// Starts one engine and makes sure that it computes.

import * as tf from "@tensorflow/tfjs-core";
import type { EngineName } from "../engines/facts.ts";
import type { StartOptions, StartOutcome } from "../engines/start-options.ts";
import { starters } from "../engines/starters.ts";
import { withoutNewListeners } from "./keep-process-listeners.ts";

/** Starts an engine and makes it TensorFlow.js's backend. Throws if it does not start or computes something wrong. */
export function startEngine(name: EngineName, options: StartOptions): Promise<StartOutcome> {
  const run = async () => {
    const outcome = await starters[name](options);
    await useBackend(outcome.backend);
    await checkSmallProduct();
    return outcome;
  };
  return quietly(() => withoutNewListeners(run));
}

/** Makes a registered backend the current one of TensorFlow.js. */
export async function useBackend(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error(`the backend "${backend}" could not be initialized`);
  await tf.ready();
}

/** When a backend first runs, tfjs prints a greeting and warnings on the console, except in its production mode. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const before = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    return await run();
  } finally {
    tf.env().set("PROD", before);
  }
}

/** Throws if a small product is wrong: an engine counts as started once it has computed something right. */
async function checkSmallProduct(): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  try {
    const [value] = await product.data();
    if (value !== 11) throw new Error(`it computed 1·3 + 2·4 = ${value}, expected 11`);
  } finally {
    product.dispose();
  }
}
