// AdamW's first step is a full one whatever the size of the gradient: an entry whose first gradient is what rounding left of
// zero goes anywhere.

import * as tf from "@tensorflow/tfjs-core";
import { adapterContext, disposeInputs, inputsOf, type ParityCase } from "../fixture/parity-case.ts";
import { gradientsOf } from "./gradients-of.ts";
import { regularizerOf } from "./kasa-checks.ts";
import type { TrainSettings } from "./train-case.ts";

type TrainedCase = Pick<ParityCase, "fixture" | "model" | "handle">;

/** Gradients of a training's first step, by the names and with the axes of files. */
export async function firstGradients({
  fixture,
  model,
  handle,
}: TrainedCase): Promise<ReadonlyMap<string, Float32Array>> {
  // The fixture's own file, described in its README.
  const { accumulate } = fixture.expected.train as TrainSettings;
  const inputs = Array.from({ length: accumulate }, (_, batch) => inputsOf(fixture, { set: "train", batch }));
  const regularizer = regularizerOf({ fixture, handle });
  const loss = () =>
    tf.addN(inputs.flatMap((batch) => [model.loss(batch, adapterContext), regularizer()])) as tf.Scalar;
  const found = await gradientsOf(handle, loss);
  for (const batch of inputs) disposeInputs(batch);
  return found;
}
