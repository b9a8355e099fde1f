// Streams the batches of all epochs, with a position from which a later run can resume.

import type { LowrankError } from "@lowrank/contracts";
import { trainingOptionsError } from "./errors.ts";

/** How far the data has been read: `batches` batches of `epoch` (counted from 0) are used. */
export interface DataPosition {
  readonly epoch: number;
  readonly batches: number;
}

/** Gives the batches of an epoch. The same epoch must always give the same batches. */
export type BatchSource<Batch> = (epoch: number) => Iterable<Batch> | AsyncIterable<Batch>;

/** Reads windows of batches; a window never crosses the end of an epoch. */
export class BatchStream<Batch> {
  #iterator: Iterator<Batch> | AsyncIterator<Batch> | undefined;
  #epoch: number;
  #batches = 0;
  #toSkip: number;

  constructor(
    private readonly source: BatchSource<Batch>,
    start: DataPosition = { epoch: 0, batches: 0 },
  ) {
    this.#epoch = start.epoch;
    this.#toSkip = start.batches;
  }

  get position(): DataPosition {
    return { epoch: this.#epoch, batches: this.#batches + this.#toSkip };
  }

  /** Up to `size` batches, at least one; throws TRAINING_OPTIONS if an epoch has none. If it throws, the position stays. */
  async window(size: number): Promise<readonly Batch[]> {
    const { epoch, batches } = this.position;
    try {
      return await this.#window(size);
    } catch (error) {
      this.#epoch = epoch;
      [this.#batches, this.#toSkip] = [batches, 0];
      throw error;
    }
  }

  async #window(size: number): Promise<readonly Batch[]> {
    await this.#skip();
    const first = await this.#fill(size);
    if (first.length > 0) return first;
    if (this.#batches === 0) throw this.#empty();
    this.#epoch += 1;
    this.#batches = 0;
    this.#iterator = undefined;
    const next = await this.#fill(size);
    if (next.length === 0) throw this.#empty();
    return next;
  }

  /** Closes the source, so that it can free its resources. */
  async close(): Promise<void> {
    await this.#iterator?.return?.();
    this.#iterator = undefined;
  }

  async #skip(): Promise<void> {
    for (; this.#toSkip > 0; this.#toSkip -= 1) {
      if ((await this.#next()) === undefined) {
        throw trainingOptionsError([
          `batches: epoch ${this.#epoch} has ${this.#batches} batches, fewer than the resumed run had used`,
        ]);
      }
    }
  }

  async #fill(size: number): Promise<Batch[]> {
    const batches: Batch[] = [];
    while (batches.length < size) {
      const entry = await this.#next();
      if (entry === undefined) break;
      batches.push(entry.batch);
    }
    return batches;
  }

  async #next(): Promise<{ readonly batch: Batch } | undefined> {
    this.#iterator ??= iteratorOf(this.source(this.#epoch));
    const result = await this.#iterator.next();
    if (result.done === true) return undefined;
    this.#batches += 1;
    return { batch: result.value };
  }

  #empty(): LowrankError {
    return trainingOptionsError([`batches: epoch ${this.#epoch} has no batches`]);
  }
}

function iteratorOf<Batch>(batches: Iterable<Batch> | AsyncIterable<Batch>): Iterator<Batch> | AsyncIterator<Batch> {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}

/** How many batches the first epoch has. */
export async function countBatches<Batch>(source: BatchSource<Batch>): Promise<number> {
  let count = 0;
  for await (const _ of source(0)) count += 1;
  return count;
}
