// Products that read a matrix of blocks without decoding it, if the backend has them.

import * as tf from "@tensorflow/tfjs-core";
import { runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import type { BlockMatrix } from "./packed-matrix.ts";

/** A backend's store of block matrices for products. */
export interface BlockStore {
  /** Copies the matrix into the backend's layout and returns its key; undefined for unsupported blocks. */
  add(matrix: BlockMatrix): string | undefined;
  release(key: string): void;
}

/** A matrix of blocks that the backend has prepared; its owner disposes of it. */
export class BlockProduct {
  private constructor(
    private readonly backend: object,
    private readonly store: BlockStore,
    private readonly key: string,
  ) {}

  /** Undefined if the current backend has no products with such blocks. */
  static of(matrix: BlockMatrix): BlockProduct | undefined {
    const backend: object = tf.backend();
    if (!hasBlockStore(backend)) return undefined;
    const key = backend.blocks.add(matrix);
    return key === undefined ? undefined : new BlockProduct(backend, backend.blocks, key);
  }

  /** x·Mᵀ for x [..., columns of M], x rounded to 8 bits; undefined on another backend than it was prepared on. */
  multiply(x: tf.Tensor): tf.Tensor | undefined {
    if (tf.backend() !== this.backend) return undefined;
    return runSingleOutputKernel("LowrankBlockProduct", { x }, { key: this.key });
  }

  /** The same, cut into parts with these numbers of columns. */
  multiplyParts(x: tf.Tensor, widths: readonly number[]): readonly tf.Tensor[] | undefined {
    if (tf.backend() !== this.backend) return undefined;
    return runCustomKernel("LowrankBlockProduct", { x }, { key: this.key, widths: [...widths] });
  }

  dispose(): void {
    this.store.release(this.key);
  }
}

function hasBlockStore(backend: object): backend is { readonly blocks: BlockStore } {
  return "blocks" in backend;
}
