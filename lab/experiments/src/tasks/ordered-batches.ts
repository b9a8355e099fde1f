// Shared by all tasks: training batches in an order that follows from a seed, and the measurement of held-out rows.

import { padBatch, shuffled, type TokenBatch } from "@lowrank/data";
import type { TokenizedExample } from "@lowrank/data/internal";
import type { Task, TaskModel } from "./task.ts";

export interface TaskRows {
  readonly train: readonly TokenizedExample[];
  /** Measured in this order; rows of similar length are next to each other. */
  readonly held: readonly TokenizedExample[];
  readonly padId: number;
  readonly batchSize: number;
  /** Rows that are measured at once. */
  readonly heldSize: number;
}

export interface OrderedBatches extends Pick<Task, "batches" | "batchesPerEpoch"> {
  /** The mean loss over the held-out rows. `right`: the accuracy, or the mean F1 of answers to questions. */
  measureHeld(model: TaskModel): Promise<{ readonly loss: number; readonly right: number }>;
}

export function orderedBatches({ train, held, padId, batchSize, heldSize }: TaskRows): OrderedBatches {
  const pad = (examples: readonly TokenizedExample[]): TokenBatch => padBatch(examples, { padId });
  return {
    batchesPerEpoch: Math.ceil(train.length / batchSize),
    *batches(seed) {
      const order = shuffled(train.length, seed);
      for (let first = 0; first < order.length; first += batchSize)
        yield pad(order.slice(first, first + batchSize).flatMap((index) => train[index] ?? []));
    },
    async measureHeld(model) {
      let [loss, count, right] = [0, 0, 0];
      for (let first = 0; first < held.length; first += heldSize) {
        const measured = await model.answer(pad(held.slice(first, first + heldSize)));
        loss += measured.sum;
        count += measured.count;
        right += measured.right;
      }
      return { loss: loss / count, right: right / held.length };
    },
  };
}
