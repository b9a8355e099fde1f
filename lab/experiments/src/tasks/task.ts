// The interface of a task, which an experiment trains on and measures: its rows as batches, and its metrics.

import type { TokenBatch } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { Metrics } from "@lowrank/trainer/internal";
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
  /** The metric that compares methods, a key of the result of `measure`; more is better. */
  readonly figure: string;
  readonly batchesPerEpoch: number;
  readonly epochs: number;
  /** Whether training uses dropout: the model's own, and LoRA's on its inputs. Default: no. */
  readonly dropout?: boolean;
  /** The factor of all learning rates of methods, which are for MiniLM. */
  readonly rateShare: number;
  /** Learning rates of single methods instead, from a search or from the training of the model. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Learning rates instead of `rates` if training uses dropout. */
  readonly ratesWithDropout?: Readonly<Record<string, number>>;
  /** Loads the model. Weights that no file has are drawn from the seed. */
  load(seed: number): Promise<PretrainedModel>;
  /** The batches of an epoch in an order that follows from the seed. */
  batches(seed: number): Iterable<TokenBatch>;
  measure(model: TaskModel): Promise<Metrics>;
}

/**
 * Holds out the last of every `every` rows, so that they come from the whole file; at most `max` rows. To search for learning rates,
 * the rows before them are held out, too, and measured instead.
 */
export function parted<Row>(
  rows: readonly Row[],
  every: number,
  { forRates = false }: TaskOptions,
  max = Number.POSITIVE_INFINITY,
): { readonly train: readonly Row[]; readonly held: readonly Row[] } {
  const fromEnd = (position: number) => rows.filter((_, index) => index % every === every - position).slice(0, max);
  const [compared, before] = [fromEnd(1), fromEnd(2)];
  const held = forRates ? before : compared;
  return { train: rows.filter((row) => !compared.includes(row) && !held.includes(row)), held };
}

/** The learning rate of a method in a task. */
export function rateOf({ rateShare, rates, dropout, ratesWithDropout }: Task, { name, learningRate }: Method): number {
  return (dropout ? ratesWithDropout : undefined)?.[name] ?? rates?.[name] ?? rateShare * learningRate;
}

/** A model with a method on it. */
export interface TaskModel {
  /** The sum of losses and their count. `right`: the number of correct classes, or the sum of the F1 of answers to questions. */
  answer(batch: TokenBatch): Promise<{ readonly sum: number; readonly count: number; readonly right: number }>;
  /** Greedy texts after prompts; absent if the method cannot write. */
  write?(promptIds: readonly (readonly number[])[], maxNewTokens: number): Promise<readonly (readonly number[])[]>;
}
