// A frozen 8-bit matrix that is multiplied in 8 bits. Rows of the other factor are rounded too, each by its largest entry, so products
// are integer products, scaled after the sum. The gradient of the input is computed with the same integers. The gradient of the
// weight would lose precision in 8 bits, but a frozen weight needs none.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, otherEngineError } from "../errors.ts";
import { runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import type { Int8Matrix } from "../packed/int8-matrix.ts";
import { currentInt8Weights, type Int8Weights } from "../packed/int8-weights.ts";
import { matrix as asMatrix } from "../rows.ts";
import type { StepFactor } from "../step/step-plan.ts";
import type { FrozenStorage } from "./frozen-storage.ts";

export class Int8Storage implements FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bytes: number;
  readonly #weights: Int8Weights;
  readonly #weight: number;

  constructor(matrix: Int8Matrix, weights: Int8Weights) {
    this.inFeatures = matrix.inFeatures;
    this.outFeatures = matrix.outFeatures;
    // Both directions, the second from the first gradient on.
    this.bytes = 2 * matrix.codes.byteLength + matrix.scales.byteLength;
    this.#weights = weights;
    this.#weight = weights.add(matrix);
  }

  get stepFactor(): StepFactor | undefined {
    return currentInt8Weights() === this.#weights ? { kind: "int8", weight: this.#weight } : undefined;
  }

  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    return this.#product(x, { isTransposed: false, columns: this.outFeatures, term: bias });
  }

  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return this.#product(y, { isTransposed: true, columns: this.inFeatures, term: sum });
  }

  read(): tf.Tensor2D {
    return tf.tensor2d(this.#weights.read(this.#weight), [this.inFeatures, this.outFeatures]);
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    return tf.tidy(() => tf.transpose(tf.gather(this.read(), ids, 1)));
  }

  firstRows(): never {
    throw new ArgumentError("A resized weight", "matrix", "8 bits with a scale for each output", "float32 or 16 bits");
  }

  dispose(): void {
    this.#weights.remove(this.#weight);
  }

  #product(
    x: tf.Tensor2D,
    {
      isTransposed,
      columns,
      term,
    }: { readonly isTransposed: boolean; readonly columns: number; readonly term?: tf.Tensor | undefined },
  ): tf.Tensor2D {
    if (currentInt8Weights() !== this.#weights) throw otherEngineError("native", tf.getBackend(), 8);
    if (x.shape[0] === 0) return tf.zeros([0, columns]);
    const inputs = term === undefined ? { x } : { x, term };
    const attributes = { weight: this.#weight, isTransposed };
    const product = runSingleOutputKernel("LowrankInt8Product", inputs, attributes);
    if (product === undefined) throw new ArgumentError("An 8-bit product", "dtype", x.dtype, "float32");
    return asMatrix(product);
  }
}
