// Pictures: a ViT that knows coarse digits learns MNIST's from a hundred of each.

import { type ClassifiedSequence, padBatch, shuffled, type TokenBatch } from "@lowrank/data";
import { loadModel } from "@lowrank/models";
import type { Task } from "../task.ts";
import { mnistDigits } from "./digit-pictures.ts";
import { baseRate, digitsBase } from "./digits-base.ts";

const [batchSize, each, heldEach] = [20, 100, 300];

/** `rows`: at most so many pictures are trained on; all if absent. Needs an engine. */
export async function digits(rows?: number): Promise<Task> {
  const folder = await digitsBase();
  const train = mnistDigits(each, 0)
    .filter((_, place) => place % each < Math.ceil((rows ?? 10 * each) / 10))
    .slice(0, rows);
  const held = mnistDigits(heldEach, each);
  const pad = (pictures: readonly ClassifiedSequence[]): TokenBatch => padBatch(pictures, { padId: 0 });
  return {
    ...{ name: "digits", kind: "pictures", figure: "accuracy", epochs: 10, rateShare: 4, fullRate: baseRate },
    about: `A ViT of 0.14 million parameters that was trained on 1 797 coarse digits, on ${train.length} of MNIST's, ten epochs of ${batchSize} a step; measured on ${held.length} others`,
    batchesPerEpoch: Math.ceil(train.length / batchSize),
    load: (seed) => loadModel(folder, { task: "image-classification", numLabels: 10, newHead: { seed } }),
    *batches(seed) {
      const order = shuffled(train.length, seed);
      for (let first = 0; first < order.length; first += batchSize)
        yield pad(order.slice(first, first + batchSize).flatMap((place) => train[place] ?? []));
    },
    async measure(model) {
      let [loss, count, right] = [0, 0, 0];
      for (let first = 0; first < held.length; first += 100) {
        const measured = await model.answer(pad(held.slice(first, first + 100)));
        loss += measured.sum;
        count += measured.count;
        right += measured.right;
      }
      return { loss: loss / count, accuracy: right / count };
    },
  };
}
