// One epoch's batches, in an order that depends on the seed and the epoch alone.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { ExampleError } from "../errors.ts";
import type { RowList } from "../row-list.ts";
import type { CountedLabels, TokenizedExample } from "../tokenized-example.ts";
import { apart, isRelated } from "./keep-apart.ts";
import { padBatch, type TokenBatch } from "./pad-batch.ts";
import { mulberry32, shuffled, shuffleInPlace } from "./shuffled.ts";

/** How examples become batches. */
export interface BatchOptions extends CountedLabels {
  readonly batchSize: number;
  /** What rows are padded with on the right. */
  readonly padId: number;
  /** The run's seed; the order of an epoch is drawn from seed · 1000 + epoch. Default 0. */
  readonly seed?: number;
  /** Counted from 0; default 0. */
  readonly epoch?: number;
  /** Whether the order is drawn anew; default true. */
  readonly shuffle?: boolean;
  /** Whether rows of like length come together, which pads less but makes neighbours alike; default false. */
  readonly groupByLength?: boolean;
  /** Whether a last batch that is not full is left out; default false. */
  readonly dropLast?: boolean;
  /** Make every batch's time a multiple of this; default 1. */
  readonly multipleOf?: number;
}

const optionNames: OptionNames<BatchOptions> = {
  batchSize: true,
  padId: true,
  seed: true,
  epoch: true,
  shuffle: true,
  groupByLength: true,
  dropLast: true,
  multipleOf: true,
  firstCounts: true,
};

/** Rows that are sorted together, as in transformers' LengthGroupedSampler: 50 batches' worth. */
const batchesPerGroup = 50;

/**
 * The batches of one epoch, made as they are asked for. Throws ExampleError for a batch size or a `multipleOf` that is
 * no whole number from 1, or where there are no examples.
 *
 * @example
 * ```ts
 * import { batches } from "@lowrank/data";
 *
 * const examples = [
 *   { kind: "sequence", inputIds: [5, 6, 7], labels: [-100, 6, 7] },
 *   { kind: "sequence", inputIds: [8, 9], labels: [-100, 9] },
 * ] as const;
 * const [batch] = batches(examples, { batchSize: 2, padId: 0, shuffle: false });
 * if (batch?.inputIds.join() !== "5,6,7,8,9,0" || batch.supervised !== 3) throw new Error("wrong batch");
 * ```
 */
export function* batches(examples: RowList<TokenizedExample>, options: BatchOptions): Generator<TokenBatch> {
  refuseUnknownOptions("batches", options, optionNames);
  const { padId, multipleOf = 1, firstCounts = false } = options;
  for (const indices of batchIndices(examples, options)) {
    const rows = indices.map((index) => examples.at(index) as TokenizedExample);
    yield padBatch(rows, { padId, multipleOf, firstCounts });
  }
}

/** Which examples each batch of an epoch holds. */
export function batchIndices(
  examples: RowList<TokenizedExample>,
  options: Omit<BatchOptions, "padId">,
): readonly (readonly number[])[] {
  refuseUnknownOptions("batchIndices", options, optionNames);
  const { batchSize, epoch = 0, seed = 0 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ExampleError(`The batch size must be a whole number from 1, got ${batchSize}.`);
  }
  if (examples.length === 0) throw new ExampleError("There are no examples to make batches of.");
  const orderSeed = seed * 1000 + epoch;
  const order = options.shuffle === false ? inOrder(examples.length) : shuffled(examples.length, orderSeed);
  const chunks = options.groupByLength === true ? groupedChunks(order, examples, batchSize) : chunk(order, batchSize);
  if (options.groupByLength === true && options.shuffle !== false) shuffleInPlace(chunks, mulberry32(orderSeed));
  const whole = options.dropLast === true ? chunks.filter((indices) => indices.length === batchSize) : chunks;
  return options.shuffle !== false && isRelated(examples.at(0)) ? apart(whole, examples) : whole;
}

function groupedChunks(order: readonly number[], examples: RowList<TokenizedExample>, batchSize: number): number[][] {
  const lengths = examples.map(({ inputIds }) => inputIds.length);
  const lengthOf = (index: number) => lengths[index] ?? 0;
  return chunk(order, batchSize * batchesPerGroup).flatMap((group) => {
    return chunk(
      group.sort((a, b) => lengthOf(b) - lengthOf(a)),
      batchSize,
    );
  });
}

function inOrder(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function chunk(items: readonly number[], size: number): number[][] {
  const chunks: number[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
