// One epoch's batches, in an order that depends on the seed and the epoch alone.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { ExampleError } from "../errors.ts";
import type { RowList, SampledRows } from "../row-list.ts";
import { type CountedLabels, type TokenizedExample, tokensIn } from "../tokenized-example.ts";
import { emptyBatch, padBatch, type TokenBatch } from "./pad-batch.ts";
import { mulberry32, shuffled, shuffleInPlace } from "./shuffled.ts";

/** How examples become batches. */
export interface BatchOptions extends CountedLabels {
  /** Rows in a batch; undefined if `batchTokens` is given. */
  readonly batchSize?: number | undefined;
  /** Instead of a batch size: fill each batch with whole rows up to this number of tokens. A longer row is a batch of its own. */
  readonly batchTokens?: number | undefined;
  /** The id for padding on the right. */
  readonly padId: number;
  /** The run's seed; an epoch is shuffled with seed · 1000 + epoch. Default 0. */
  readonly seed?: number;
  /** Counted from 0; default 0. */
  readonly epoch?: number;
  /** Whether rows are shuffled; default true. */
  readonly shuffle?: boolean;
  /** Whether to batch rows of similar length: less padding, but less random batches; default false. */
  readonly groupByLength?: boolean;
  /** Whether a last batch that is not full is left out; default false. */
  readonly dropLast?: boolean;
  /** Pads every batch's time to a multiple of this; default 1. */
  readonly multipleOf?: number;
  /**
   * For training in several processes: this process's share of each batch, `rank` from 0. Rows are distributed by length. A process
   * without a row gets an empty batch (`rows` is 0). Default: all rows.
   */
  readonly share?: BatchShare | undefined;
}

export const batchOptionNames: OptionNames<BatchOptions> = {
  batchSize: true,
  batchTokens: true,
  padId: true,
  seed: true,
  epoch: true,
  shuffle: true,
  groupByLength: true,
  dropLast: true,
  multipleOf: true,
  share: true,
  firstCounts: true,
};

/** Rows that are sorted together, as in transformers' LengthGroupedSampler: 50 batches' worth. */
const batchesPerGroup = 50;

/**
 * The batches of one epoch, made on demand. Rows for which `sampleRows` gives undefined are left out. Throws ExampleError if the
 * batch size or `multipleOf` is not an integer from 1, or if there are no examples.
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
  refuseUnknownOptions("batches", options, batchOptionNames);
  const { padId, multipleOf = 1, firstCounts = false, share } = options;
  for (const rows of batchRows(examples, options)) {
    if (rows.length > 0) yield padBatch(rows, { padId, multipleOf, firstCounts });
    else if (share !== undefined) yield emptyBatch;
  }
}

/** The rows of each batch. For sampled rows the number of tokens is known only now. */
export function* batchRows(examples: RowList<TokenizedExample>, options: BatchOptions): Generator<TokenizedExample[]> {
  const { batchTokens, groupByLength = false, share } = options;
  const planned = batchIndices(examples, options);
  const shareOf = (rows: TokenizedExample[]) => (share === undefined ? rows : shareOfBatch(rows, tokensIn, share));
  const lengths = share === undefined || batchTokens !== undefined ? [] : lengthsOf(examples, tokensIn);
  const ownOf = (indices: readonly number[]) =>
    share === undefined ? indices : shareOfBatch(indices, (index) => lengths[index] ?? 0, share);
  const drawn = function* (indices: readonly number[]) {
    for (const index of indices) {
      const row = examples.at(index);
      if (row !== undefined) yield row;
    }
  };
  for (const indices of groupByLength || batchTokens === undefined ? planned : [planned.flat()]) {
    if (batchTokens === undefined) yield [...drawn(ownOf(indices))];
    else
      for (const rows of fillBatches(drawn(indices), { tokens: batchTokens, tokensOf: tokensIn })) yield shareOf(rows);
  }
}

/** The indices of the examples in each batch. For sampled rows with `batchTokens` they are an estimate from expected lengths. */
export function batchIndices(
  examples: RowList<TokenizedExample>,
  options: Omit<BatchOptions, "padId">,
): readonly (readonly number[])[] {
  refuseUnknownOptions("batchIndices", options, batchOptionNames);
  const { epoch = 0, seed = 0 } = options;
  checkSize(options);
  if (examples.length === 0) throw new ExampleError("There are no examples. Expected at least one.");
  const orderSeed = seed * 1000 + epoch;
  const order = options.shuffle === false ? inOrder(examples.length) : shuffled(examples.length, orderSeed);
  const { batchTokens, groupByLength = false } = options;
  const lengths =
    groupByLength || batchTokens !== undefined
      ? lengthsOf(examples, batchTokens === undefined ? (row) => row.inputIds.length : tokensIn)
      : [];
  const lengthOf = (index: number) => lengths[index] ?? 0;
  const batchSize = options.batchSize ?? rowsWithin(batchTokens ?? 1, lengths);
  const cut = (rows: readonly number[]) =>
    batchTokens === undefined
      ? chunk(rows, batchSize)
      : [...fillBatches(rows, { tokens: batchTokens, tokensOf: lengthOf })];
  const groups = groupByLength ? chunk(order, batchSize * batchesPerGroup) : [];
  const chunks = groupByLength ? groups.flatMap((group) => cut(byLength(group, lengthOf))) : cut(order);
  if (groupByLength && options.shuffle !== false) shuffleInPlace(chunks, mulberry32(orderSeed));
  const whole = options.dropLast === true ? chunks.filter((indices) => indices.length === batchSize) : chunks;
  return options.shuffle !== false && isRelated(examples.at(0)) ? apart(whole, examples) : whole;
}

function checkSize({ batchSize, batchTokens, dropLast }: Omit<BatchOptions, "padId">): void {
  const [what, size] =
    batchTokens === undefined ? ["batch size", batchSize] : ["number of tokens per batch", batchTokens];
  if (size === undefined || !Number.isInteger(size) || size < 1) {
    throw new ExampleError(`The ${what} must be a whole number from 1, got ${size}.`);
  }
  if (batchTokens !== undefined && (batchSize !== undefined || dropLast === true)) {
    throw new ExampleError("batchTokens is given together with batchSize or dropLast: leave these two out.");
  }
}

/** About how many rows fit into a number of tokens. */
function rowsWithin(tokens: number, lengths: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < lengths.length; index += 1) sum += lengths[index] ?? 0;
  return Math.max(1, Math.floor((tokens * lengths.length) / Math.max(1, sum)));
}

function byLength(rows: number[], lengthOf: (index: number) => number): number[] {
  return rows.sort((a, b) => lengthOf(b) - lengthOf(a));
}

/** Rows are grouped by the length of the input. A batch or a share is filled by all tokens that are computed. */
function lengthsOf(
  examples: RowList<TokenizedExample>,
  lengthOf: (example: TokenizedExample) => number,
): ArrayLike<number> {
  return isDrawn(examples) ? examples.lengths : examples.map(lengthOf);
}

function isDrawn<Row>(rows: RowList<Row>): rows is SampledRows<Row> {
  return "lengths" in rows;
}

function inOrder(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function chunk(items: readonly number[], size: number): number[][] {
  const chunks: number[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

// Batches of whole rows up to a number of tokens. Where padding is not computed, this is packing: no row is cut, no row attends
// to another, and each batch takes about the same time and memory.

/** The maximum tokens of a batch, and how many a row takes. */
interface Room<Row> {
  readonly tokens: number;
  tokensOf(row: Row): number;
}

/** The rows in order, in batches that the next row would overfill. A row that is too large is a batch of its own. */
function* fillBatches<Row>(rows: Iterable<Row>, { tokens, tokensOf }: Room<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  let tokensOfBatch = 0;
  for (const row of rows) {
    const length = tokensOf(row);
    if (batch.length > 0 && tokensOfBatch + length > tokens) {
      yield batch;
      batch = [];
      tokensOfBatch = 0;
    }
    batch.push(row);
    tokensOfBatch += length;
  }
  if (batch.length > 0) yield batch;
}

// With in-batch negatives, the texts of other rows count as wrong answers. The same text twice in a batch would then be trained
// as a wrong answer to itself.

/** Whether a row is trained with in-batch negatives. */
function isRelated(example: TokenizedExample | undefined): boolean {
  return example?.kind === "comparison" && example.score === undefined;
}

/** Reorders rows into batches of the same sizes. Each row goes to the first batch with room that has none of its texts, if there is one. */
function apart(
  batches: readonly (readonly number[])[],
  examples: RowList<TokenizedExample> & Pick<SampledRows<TokenizedExample>, "textsAt">,
): readonly (readonly number[])[] {
  const slots = batches.map(({ length }) => ({ size: length, indices: [] as number[], texts: new Set<string>() }));
  let firstOpen = 0;
  for (const index of batches.flat()) {
    const texts = examples.textsAt?.(index) ?? textsOf(examples.at(index));
    while ((slots[firstOpen]?.indices.length ?? 0) >= (slots[firstOpen]?.size ?? Number.POSITIVE_INFINITY))
      firstOpen += 1;
    const open = slots.slice(firstOpen, firstOpen + farthest).filter(({ indices, size }) => indices.length < size);
    const chosen = open.find((batch) => !texts.some((text) => batch.texts.has(text))) ?? open[0];
    chosen?.indices.push(index);
    for (const text of texts) chosen?.texts.add(text);
  }
  return slots.map(({ indices }) => indices);
}

/** How many batches are tried for one row. */
const farthest = 64;

function textsOf(example: TokenizedExample | undefined): readonly string[] {
  if (example?.kind !== "comparison") return [];
  return [example.inputIds, ...example.others].map((ids) => ids.join());
}

interface BatchShare {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
}

/**
 * The rows of one process, in order. The longest row is assigned first, each to the process with the fewest tokens so far, because
 * all wait for the slowest. The shares are disjoint, and together they are the batch.
 */
export function shareOfBatch<Row>(
  rows: readonly Row[],
  tokensOf: (row: Row) => number,
  { rank, size }: BatchShare,
): Row[] {
  const tokens = rows.map(tokensOf);
  const longestFirst = rows.map((_, index) => index).sort((a, b) => (tokens[b] ?? 0) - (tokens[a] ?? 0) || a - b);
  const loads = new Array<number>(size).fill(0);
  const rowsOfRank = new Set<number>();
  for (const index of longestFirst) {
    const min = loads.indexOf(Math.min(...loads));
    // Plus 1, because a row takes time in addition to its tokens, and rows of images have no tokens.
    loads[min] = (loads[min] ?? 0) + (tokens[index] ?? 0) + 1;
    if (min === rank) rowsOfRank.add(index);
  }
  return rows.filter((_, index) => rowsOfRank.has(index));
}
