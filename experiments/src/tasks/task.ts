// What an experiment trains on: rows as batches, and what counts as good.

import type { TokenBatch } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { Metrics } from "@lowrank/trainer";

/** A task with its data read. */
export interface Task {
  readonly name: string;
  /** One line for people: model, data, sizes. */
  readonly about: string;
  /** The figure that methods are compared by, a key of what `measure` gives. */
  readonly figure: string;
  readonly batchesPerEpoch: number;
  readonly epochs: number;
  /** Loads the model; what no file holds is drawn from the seed. */
  load(seed: number): Promise<PretrainedModel>;
  /** The batches of an epoch in an order that follows from the seed. */
  batches(seed: number): Iterable<TokenBatch>;
  /** Measures a model through `run`, which calls it as the method wants. */
  measure(run: Measure): Promise<Metrics>;
}

/** Measures one batch: the loss's sum and count, and how many answers are right. */
type Measure = (batch: TokenBatch) => Promise<{ readonly sum: number; readonly count: number; readonly right: number }>;
