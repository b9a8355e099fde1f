// A frozen matrix of 16, 8 or 4 bits in a device's memory, where products, look-ups and reads decode it.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, otherEngineError } from "../errors.ts";
import type { DeviceMatrix } from "../kernels/borrowed-head.ts";
import { type PackedKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { type HalfMatrix, type PackedMatrix, packedBytes } from "../packed/packed-matrix.ts";
import { currentPackedWeights, type PackedWeights } from "../packed/packed-weights.ts";
import { matrix as asMatrix } from "../rows.ts";
import { firstHalves } from "./first-halves.ts";
import type { FrozenStorage, MatrixLayout } from "./frozen-storage.ts";

export class DeviceStorage implements FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bytes: number;
  readonly #weights: PackedWeights;
  readonly #id: number;
  readonly #isTransposed: boolean;
  readonly #kind: PackedMatrix["kind"];
  readonly #bits: 4 | 8 | 16;

  private constructor(matrix: PackedMatrix, layout: MatrixLayout, stored: { weights: PackedWeights; id: number }) {
    const isTransposed = layout === "out-in";
    this.inFeatures = isTransposed ? matrix.columns : matrix.rows;
    this.outFeatures = isTransposed ? matrix.rows : matrix.columns;
    this.bytes = packedBytes(matrix);
    this.#weights = stored.weights;
    this.#id = stored.id;
    this.#isTransposed = isTransposed;
    this.#kind = matrix.kind;
    this.#bits = matrix.kind === "blocks" ? matrix.codeBits : 16;
  }

  /** Undefined if the current backend cannot store packed matrices, or not one of this size. */
  static of(matrix: PackedMatrix, layout: MatrixLayout): DeviceStorage | undefined {
    const weights = matrix.rows * matrix.columns === 0 ? undefined : currentPackedWeights();
    const id = weights?.add(matrix);
    if (weights === undefined || id === undefined) return undefined;
    return new DeviceStorage(matrix, layout, { weights, id });
  }

  get packed(): DeviceMatrix | undefined {
    return currentPackedWeights() === this.#weights
      ? { weight: this.#id, isTransposed: this.#isTransposed }
      : undefined;
  }

  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    return this.#product(x, { term: bias, isTransposed: this.#isTransposed });
  }

  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return this.#product(y, { term: sum, isTransposed: !this.#isTransposed });
  }

  read(): tf.Tensor2D {
    return this.#rows({}, this.#isTransposed);
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    return ids.size === 0 ? tf.zeros([0, this.inFeatures]) : this.#rows({ ids }, !this.#isTransposed);
  }

  firstRows(count: number): HalfMatrix {
    const kind = this.#kind;
    if (kind === "blocks")
      throw new ArgumentError("A resized weight", "matrix", `blocks of ${this.#bits} bits`, "float32 or 16 bits");
    return { kind, rows: count, columns: this.inFeatures, bits: firstHalves(this, count, kind) };
  }

  dispose(): void {
    this.#weights.remove(this.#id);
  }

  /** Rows of the stored matrix or of its transpose: all of them without ids. */
  #rows(inputs: { readonly ids?: tf.Tensor }, isTransposed: boolean): tf.Tensor2D {
    return asMatrix(this.#run("LowrankPackedRows", { ...inputs }, isTransposed));
  }

  #product(
    x: tf.Tensor2D,
    { term, isTransposed }: { readonly term: tf.Tensor | undefined; readonly isTransposed: boolean },
  ): tf.Tensor2D {
    const columns = isTransposed === this.#isTransposed ? this.outFeatures : this.inFeatures;
    if (x.shape[0] === 0) return tf.zeros([0, columns]);
    return asMatrix(this.#run("LowrankPackedProduct", term === undefined ? { x } : { x, term }, isTransposed));
  }

  #run(kernel: PackedKernel, inputs: tf.NamedTensorMap, isTransposed: boolean): tf.Tensor {
    if (currentPackedWeights() !== this.#weights)
      throw otherEngineError(this.#weights.engine, tf.getBackend(), this.#bits);
    const result = runSingleOutputKernel(kernel, inputs, { weight: this.#id, isTransposed });
    if (result !== undefined) return result;
    const types = Object.values(inputs).map(({ dtype }) => dtype);
    throw new ArgumentError("A product or a look-up", "dtype", types.join(", "), "float32, and int32 for ids");
  }
}
