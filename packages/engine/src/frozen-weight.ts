// A weight that training never changes. Callers speak of products and rows; how the values are stored is decided here.

import type { Restore } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, DisposedError, ShapeError } from "./errors.ts";

/** One stored matrix and the way round it is. */
interface Stored {
  readonly matrix: tf.Tensor2D;
  /** True if `matrix` is [outFeatures, inFeatures]. */
  readonly isTransposed: boolean;
}

/**
 * A frozen matrix W of shape [inFeatures, outFeatures], used as x·W.
 *
 * It owns its tensor and keeps one copy: as it was given, since products read it either way round, or the other way round
 * where the backend multiplies faster so.
 *
 * @example
 * ```ts
 * import { FrozenWeight, frozenLinear } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const weight = FrozenWeight.fromTransposed(tf.tensor2d([[1, 2, 3]])); // one output of three inputs
 * const y = frozenLinear(tf.tensor2d([[1, 1, 1]]), weight); // [[6]]
 * y.dispose();
 * weight.dispose();
 * ```
 */
export class FrozenWeight {
  /** The stored matrix, and above it whatever replaced it; the last one counts. */
  #layers: readonly Stored[];

  private constructor(stored: Stored) {
    this.#layers = [stored];
  }

  /** From a matrix [inFeatures, outFeatures], of which it takes ownership. Throws ShapeError unless it is a matrix. */
  static from(matrix: tf.Tensor2D): FrozenWeight {
    return new FrozenWeight({ matrix: checkMatrix("FrozenWeight.from", matrix), isTransposed: false });
  }

  /** From a matrix [outFeatures, inFeatures] (torch's layout), of which it takes ownership. Throws ShapeError. */
  static fromTransposed(matrix: tf.Tensor2D): FrozenWeight {
    return new FrozenWeight({ matrix: checkMatrix("FrozenWeight.fromTransposed", matrix), isTransposed: true });
  }

  get inFeatures(): number {
    const { matrix, isTransposed } = this.#current();
    return matrix.shape[isTransposed ? 1 : 0];
  }

  get outFeatures(): number {
    const { matrix, isTransposed } = this.#current();
    return matrix.shape[isTransposed ? 0 : 1];
  }

  /** x·W for x [rows, inFeatures]. Not differentiable by itself: see `frozenLinear`. */
  multiply(x: tf.Tensor2D): tf.Tensor2D {
    if (needsPlainProducts()) this.#turn();
    const { matrix, isTransposed } = this.#current();
    return tf.matMul(x, matrix, false, isTransposed);
  }

  /** y·Wᵀ for y [rows, outFeatures]: the gradient of `multiply`. */
  multiplyTransposed(y: tf.Tensor2D): tf.Tensor2D {
    const { matrix, isTransposed } = this.#current();
    return tf.matMul(y, matrix, false, !isTransposed);
  }

  /** A copy of W as [inFeatures, outFeatures]; the caller disposes of it. */
  read(): tf.Tensor2D {
    const { matrix, isTransposed } = this.#current();
    return isTransposed ? tf.transpose(matrix) : tf.clone(matrix);
  }

  /** Rows of the transposed view [outFeatures, inFeatures], one for each id: the look-up of a tied embedding. */
  rows(ids: tf.Tensor1D): tf.Tensor2D {
    const { matrix, isTransposed } = this.#current();
    if (isTransposed) return tf.gather(matrix, ids);
    return tf.tidy(() => tf.transpose(tf.gather(matrix, ids, 1)));
  }

  /**
   * Computes with `matrix` [inFeatures, outFeatures] from now on and takes ownership of it. The returned function puts
   * the previous values back bit for bit and disposes of `matrix`. Throws ShapeError.
   */
  replace(matrix: tf.Tensor2D): Restore {
    const { inFeatures, outFeatures } = this;
    if (matrix.rank !== 2 || matrix.shape[0] !== inFeatures || matrix.shape[1] !== outFeatures)
      throw new ShapeError("FrozenWeight.replace", matrix.shape, `[${inFeatures}, ${outFeatures}]`);
    const added: Stored = { matrix, isTransposed: false };
    this.#layers = [...this.#layers, added];
    return () => {
      if (!this.#layers.includes(added)) return;
      this.#layers = this.#layers.filter((layer) => layer !== added);
      added.matrix.dispose();
    };
  }

  /** Frees the weight and whatever replaced it. Calling it twice does nothing more. */
  dispose(): void {
    for (const layer of this.#layers) layer.matrix.dispose();
    this.#layers = [];
  }

  /** Stores the current matrix as [inFeatures, outFeatures] from now on. */
  #turn(): void {
    const { matrix, isTransposed } = this.#current();
    if (!isTransposed) return;
    const turned: Stored = { matrix: tf.keep(tf.transpose(matrix)), isTransposed: false };
    matrix.dispose();
    this.#layers = [...this.#layers.slice(0, -1), turned];
  }

  #current(): Stored {
    const current = this.#layers.at(-1);
    if (current === undefined) throw new DisposedError("A frozen weight");
    return current;
  }
}

/**
 * In wasm, XNNPACK prepares a right operand once and for all, but only of a product without transposition: a single row
 * (generation) is multiplied up to ten times faster by a weight stored as [inFeatures, outFeatures].
 */
function needsPlainProducts(): boolean {
  return tf.getBackend() === "wasm";
}

function checkMatrix(where: string, matrix: tf.Tensor2D): tf.Tensor2D {
  if (matrix.rank !== 2) throw new ShapeError(where, matrix.shape, "a matrix");
  if (matrix.dtype !== "float32") throw new ArgumentError(where, "dtype", matrix.dtype, "float32");
  return matrix;
}
