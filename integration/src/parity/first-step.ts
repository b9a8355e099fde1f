// AdamW's first step is a full one whatever the size of the gradient: an entry whose first gradient is what rounding left of
// zero goes anywhere, and carries the losses with it.

import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { adapterContext, byKey, disposeInputs, inputsOf, type ParityCase, valuesInFile } from "./parity-case.ts";
import type { TrainSettings } from "./train-case.ts";

type TrainedCase = Pick<ParityCase, "fixture" | "model" | "handle">;

/** Gradients of a training's first step, by the names and with the axes of files. */
export function firstGradients({ fixture, model, handle }: TrainedCase): ReadonlyMap<string, Float32Array> {
  const variables = [...handle.variables.values()];
  // The fixture's own file, described in its README.
  const { accumulate } = fixture.expected.train as TrainSettings;
  const inputs = Array.from({ length: accumulate }, (_, batch) => inputsOf(fixture, batch));
  const loss = () => tf.addN(inputs.map((batch) => model.loss(batch, adapterContext))) as tf.Scalar;
  const { value, grads } = tf.variableGrads(loss, variables);
  const found = new Map<string, Float32Array>();
  for (const [key, variable] of handle.variables) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) found.set(key, valuesInFile(handle, key, gradient));
  }
  tf.dispose([value, grads]);
  for (const batch of inputs) disposeInputs(batch);
  return found;
}

/** By how much the losses may differ because of entries that went anywhere: their distance times the largest gradient. */
export function lossDrift(
  { fixture, handle }: Pick<ParityCase, "fixture" | "handle">,
  {
    first,
    isUnstable,
  }: { first: ReadonlyMap<string, Float32Array>; isUnstable(key: string): (index: number) => boolean },
): number {
  let drift = 0;
  for (const [key, { values }] of byKey(fixture, "final.")) {
    const [variable, gradient, isRandom] = [handle.variables.get(key), first.get(key), isUnstable(key)];
    if (variable === undefined || gradient === undefined) continue;
    const actual = valuesInFile(handle, key, variable);
    const steepest = largestMagnitude(gradient);
    values.forEach((value, index) => {
      if (isRandom(index)) drift += Math.abs(value - (actual[index] ?? value)) * steepest;
    });
  }
  return drift;
}
