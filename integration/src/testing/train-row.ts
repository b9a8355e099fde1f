// Training on one row of token ids again and again.

import { activeAdapters } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";

/** The loss of each step. */
export async function lossesOfRow(
  model: PretrainedModel,
  handle: AdapterHandle,
  { row, steps, learningRate }: { readonly row: number[]; readonly steps: number; readonly learningRate: number },
): Promise<number[]> {
  const losses: number[] = [];
  const events = train<number[]>({
    variables: handle.variables,
    batches: () => [row],
    loss: (ids, random) => {
      const inputIds = tf.tensor2d(ids, [1, ids.length], "int32");
      const context = { training: true, adapters: activeAdapters(handle.name), random };
      return model.loss({ inputIds, labels: inputIds }, context);
    },
    steps,
    learningRate,
    seed: 1,
  });
  for await (const event of events) if (event.type === "step") losses.push(event.loss);
  return losses;
}
