// Matrices that stay in a model's files: adapters can be attached and inspected, and a merge reads a few rows at a time.

import type { WeightSlot } from "@lowrank/engine/hook-points";
import { UnreadTensorError, UnreadTensors } from "@lowrank/engine/internal";
import type { WeightSource } from "./weight-source.ts";

/** A weight that is still in a file. */
export interface FileWeight {
  /** As files store it, torch's order of axes. */
  readonly shape: readonly number[];
  /** Some of its numbers, row by row; `first` and `count` are whole rows of the last axis. They may be put into `into`. */
  read(first: number, count: number, into?: Float32Array): Promise<Float32Array>;
  /** The file's bytes, if they are plain numbers in the order of rows. */
  readonly stored?: {
    readonly dtype: "F32" | "F16" | "BF16";
    readonly readBytes: (first: number, count: number) => Promise<Uint8Array>;
  };
}

interface Closable {
  close?(): Promise<void>;
}

interface StoredMatrix {
  readonly source: WeightSource;
  readonly key: string;
  readonly shape: readonly number[];
}

/**
 * The location of a model's matrices that are not in memory. Pass it to `loadModel` or `loadGguf` (`leftIn`), and close it when
 * nothing more is read.
 */
export class WeightsInFiles {
  readonly #unread = new UnreadTensors();
  readonly #matrices = new Map<string, StoredMatrix>();
  readonly #sources = new Set<Closable>();
  /** The last weight that could be read as a whole only. */
  #whole: { readonly path: string; readonly values: Float32Array } | undefined;

  /** A weight by transformers' parameter path; undefined if it is in memory, or if it is stored under another's path. */
  weight(path: string): FileWeight | undefined {
    const matrix = this.#matrices.get(path);
    if (matrix === undefined) return undefined;
    const read: FileWeight["read"] = (first, count, into) => this.#read(path, matrix, { first, count, into });
    const { source, key, shape } = matrix;
    const { dtype, isDivisible = false } = source.tensors.get(key) ?? {};
    if (!isDivisible || (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16")) return { shape, read };
    const width = dtype === "F32" ? 4 : 2;
    const readBytes = (first: number, count: number) =>
      source.readBytes(key, { offset: width * first, length: width * count });
    return { shape, read, stored: { dtype, readBytes } };
  }

  /** Runs a computation that needs a few of the weights: weights that turn out to be missing are read, and it runs again. */
  async whileRead<T>(work: () => T): Promise<T> {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof UnreadTensorError)) throw error;
        const matrix = this.#matrices.get(error.tensor);
        if (matrix === undefined) throw error;
        const count = matrix.shape.reduce((product, size) => product * size, 1);
        const values = await this.#read(error.tensor, matrix, { first: 0, count });
        this.#whole = undefined;
        this.#unread.provide(error.tensor, values);
      }
    }
  }

  /** Called by the loader. Returns whether the slot's numbers stay in the file; the slot then has a tensor without data. */
  takes(slot: WeightSlot, source: WeightSource, key: string): boolean {
    if (slot.shape.length < 2) return false;
    this.#sources.add(source);
    this.#matrices.set(slot.path, { source, key, shape: slot.shape });
    slot.fill(this.#unread.tensor(slot.path, slot.shape));
    return true;
  }

  /** A file that will be read again, and is closed with the others. */
  closesToo(source: Closable): void {
    this.#sources.add(source);
  }

  /** Closes the files. */
  async close(): Promise<void> {
    for (const source of this.#sources) await source.close?.();
    this.#sources.clear();
  }

  async #read(
    path: string,
    { source, key, shape }: StoredMatrix,
    {
      first,
      count,
      into,
    }: { readonly first: number; readonly count: number; readonly into?: Float32Array | undefined },
  ): Promise<Float32Array> {
    const { byteLength = 0, isDivisible = false } = source.tensors.get(key) ?? {};
    const size = shape.reduce((product, length) => product * length, 1);
    if (isDivisible) {
      const range = { offset: (first * byteLength) / size, length: (count * byteLength) / size };
      return source.decode(key, await source.readBytes(key, range), into);
    }
    if (this.#whole?.path !== path) {
      this.#whole = undefined;
      this.#whole = { path, values: source.decode(key, await source.readBytes(key)) };
    }
    return this.#whole.values.slice(first, first + count);
  }
}
