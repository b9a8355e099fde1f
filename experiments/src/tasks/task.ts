// What an experiment trains on: rows as batches, and what counts as good.

import type { TokenBatch } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { Metrics } from "@lowrank/trainer";
import type { Method } from "../methods/method.ts";

/** Which rows of its data a task reads. */
export interface TaskOptions {
  /** Train on at most this many rows; absent: on all. */
  readonly rows?: number | undefined;
  /** Hold out rows of the training set instead of the rows that compare methods, which are then not read. */
  readonly forRates?: boolean;
}

/** A task with its data read. */
export interface Task {
  readonly name: string;
  /** One line for people: model, data, sizes. */
  readonly about: string;
  /** Classes of texts, texts that are written, or classes of pictures. */
  readonly kind: "classes" | "texts" | "pictures";
  /** The figure that methods are compared by, a key of what `measure` gives; more is better. */
  readonly figure: string;
  readonly batchesPerEpoch: number;
  readonly epochs: number;
  /** Whether training uses dropout: on the model's states at its own rate, and on LoRA's inputs. Absent: no. */
  readonly dropout?: boolean;
  /** What methods' learning rates, which are MiniLM's, are multiplied by. */
  readonly rateShare: number;
  /** Learning rates of single methods, where they are known better: they were searched for, or the model was made with them. */
  readonly rates?: Readonly<Record<string, number>>;
  /** In place of these where training drops out. */
  readonly ratesWithDropout?: Readonly<Record<string, number>>;
  /** Loads the model; what no file holds is drawn from the seed. */
  load(seed: number): Promise<PretrainedModel>;
  /** The batches of an epoch in an order that follows from the seed. */
  batches(seed: number): Iterable<TokenBatch>;
  /** Measures a model with the functions below. */
  measure(model: TaskModel): Promise<Metrics>;
}

/** Every so-many-th row is held out, so that it is of the whole file, `most` at most; to search for rates the rows before these. */
export function parted<Row>(
  rows: readonly Row[],
  every: number,
  { forRates = false }: TaskOptions,
  max = Number.POSITIVE_INFINITY,
): { readonly train: readonly Row[]; readonly held: readonly Row[] } {
  const placed = (from: number) => rows.filter((_, index) => index % every === every - from).slice(0, max);
  const [compared, others] = [placed(1), placed(2)];
  const held = forRates ? others : compared;
  return { train: rows.filter((row) => !compared.includes(row) && !held.includes(row)), held };
}

/** The learning rate of a method in a task. */
export function rateOf({ rateShare, rates, dropout, ratesWithDropout }: Task, { name, learningRate }: Method): number {
  return (dropout ? ratesWithDropout : undefined)?.[name] ?? rates?.[name] ?? rateShare * learningRate;
}

/** A model with a method on it. */
export interface TaskModel {
  /** The loss's sum and count, and how many classes are right; of questions, the sum of each answer's F1. */
  answer(batch: TokenBatch): Promise<{ readonly sum: number; readonly count: number; readonly right: number }>;
  /** Greedy texts after prompts; absent if the method cannot write. */
  write?(promptIds: readonly (readonly number[])[], maxNewTokens: number): Promise<readonly (readonly number[])[]>;
}
