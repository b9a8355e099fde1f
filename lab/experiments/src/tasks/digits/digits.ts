// Pictures: a ViT that knows coarse digits learns MNIST's from a hundred of each.

import { loadModel } from "@lowrank/models";
import { orderedBatches } from "../ordered-batches.ts";
import type { Task, TaskOptions } from "../task.ts";
import { mnistDigits } from "./digit-pictures.ts";
import { digitsBase } from "./digits-base.ts";

/** The best learning rates of the experiment `digits-rates`. */
const rates = {
  full: 4e-3,
  head: 4e-2,
  bitfit: 1.6e-2,
  "adapter-houlsby": 1.6e-2,
  ia3: 4e-2,
  "lora-r8-qv": 4e-3,
  "dora-r8": 1.6e-2,
};
const [batchSize, each, heldEach] = [20, 100, 300];

/** As many pictures of every digit as of another. */
export async function digits({ rows = 10 * each, forRates = false }: TaskOptions = {}): Promise<Task> {
  const folder = await digitsBase();
  const train = mnistDigits(Math.min(each, Math.ceil(rows / 10)), 0).slice(0, rows);
  const held = mnistDigits(heldEach, forRates ? each + heldEach : each);
  const { measureHeld, ...ordered } = orderedBatches({ train, held, padId: 0, batchSize, heldSize: 100 });
  return {
    name: "digits",
    kind: "pictures",
    figure: "accuracy",
    epochs: 10,
    rateShare: 4,
    rates,
    about: `A ViT of 0.14 million parameters that was trained on 1 797 coarse digits, on ${train.length} of MNIST's, ${batchSize} a step; measured on ${held.length} others`,
    load: (seed) => loadModel(folder, { task: "image-classification", numLabels: 10, newHead: { seed } }),
    ...ordered,
    async measure(model) {
      const { loss, right: accuracy } = await measureHeld(model);
      return { loss, accuracy };
    },
  };
}
