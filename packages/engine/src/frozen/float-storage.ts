// A frozen matrix in float32: one tensor, multiplied without a copy.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../engines/backends.ts";
import { linearProduct } from "../kernels/linear-product.ts";
import type { FrozenStorage, MatrixLayout, StoredMatrix } from "./frozen-storage.ts";

/** Keeps one copy: as given, or transposed if the backend then multiplies faster. */
export class FloatStorage implements FrozenStorage {
  #matrix: tf.Tensor2D;
  #isTransposed: boolean;

  constructor(matrix: tf.Tensor2D, layout: MatrixLayout) {
    this.#matrix = matrix;
    this.#isTransposed = layout === "out-in";
  }

  get inFeatures(): number {
    return this.#matrix.shape[this.#isTransposed ? 1 : 0];
  }

  get outFeatures(): number {
    return this.#matrix.shape[this.#isTransposed ? 0 : 1];
  }

  get bytes(): number {
    return 4 * this.#matrix.size;
  }

  get stored(): StoredMatrix {
    return { matrix: this.#matrix, isTransposed: this.#isTransposed };
  }

  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    // In wasm, XNNPACK prepares a right operand once and for all, but only of a product without transposition: a single row
    // (generation) is multiplied up to ten times faster by a weight stored as [inFeatures, outFeatures].
    if (currentBackend()?.needsPlainProducts) this.#turn();
    return linearProduct({ x, matrix: this.#matrix, isTransposed: this.#isTransposed, term: bias });
  }

  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return linearProduct({ x: y, matrix: this.#matrix, isTransposed: !this.#isTransposed, term: sum });
  }

  read(): tf.Tensor2D {
    return this.#isTransposed ? tf.transpose(this.#matrix) : tf.clone(this.#matrix);
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    if (this.#isTransposed) return tf.gather(this.#matrix, ids);
    return tf.tidy(() => tf.transpose(tf.gather(this.#matrix, ids, 1)));
  }

  firstRows(count: number): tf.Tensor2D {
    const { inFeatures } = this;
    if (this.#isTransposed) return tf.slice(this.#matrix, [0, 0], [count, inFeatures]);
    return tf.tidy(() => tf.transpose(tf.slice(this.#matrix, [0, 0], [inFeatures, count])));
  }

  dispose(): void {
    this.#matrix.dispose();
  }

  /** Stores the matrix as [inFeatures, outFeatures] from now on. */
  #turn(): void {
    if (!this.#isTransposed) return;
    const transposed = tf.keep(tf.transpose(this.#matrix));
    this.#matrix.dispose();
    this.#matrix = transposed;
    this.#isTransposed = false;
  }
}
