// A frozen matrix of 16-bit floats inside TensorFlow, half the memory of float32. A product widens it to float32, which is exact and
// takes up to 15 % longer than a float32 weight. If the matrix selects it and the processor has such instructions (AVX512-BF16, AMX),
// both factors are bf16. That rounds the other factor and the result to 8 bits, and was 1.6 to 5 times as fast (128 to 512 rows, AMX,
// 2 threads).

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../../errors.ts";
import { plus } from "../../kernels/linear-product.ts";
import type { HalfMatrix } from "../../packed/packed-matrix.ts";
import { withoutTape } from "../../tape/without-tape.ts";
import { firstHalves } from "../first-halves.ts";
import type { FrozenStorage, MatrixLayout } from "../frozen-storage.ts";
import {
  bitcastTo,
  castTo,
  gatherHalf,
  isTensorflowCurrent,
  multiplyHalf,
  reshapeHalf,
} from "./tensorflow-operations.ts";

export class HalfStorage implements FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bytes: number;
  /** 16-bit floats, labelled int32. */
  readonly #matrix: tf.Tensor2D;
  readonly #kind: HalfMatrix["kind"];
  readonly #isTransposed: boolean;
  readonly #multipliesInBf16: boolean;

  constructor({ kind, rows, columns, bits, products }: HalfMatrix, layout: MatrixLayout) {
    const isTransposed = layout === "out-in";
    this.inFeatures = isTransposed ? columns : rows;
    this.outFeatures = isTransposed ? rows : columns;
    this.bytes = bits.byteLength;
    this.#kind = kind;
    this.#isTransposed = isTransposed;
    this.#multipliesInBf16 = kind === "bf16" && products === "bf16";
    this.#matrix = tf.keep(
      tf.tidy(() => reshapeHalf(bitcastTo(tf.tensor1d(pairs(bits), "int32"), "int32", kind), kind, [rows, columns])),
    );
  }

  /** Whether a matrix can be stored so now: the engine is TensorFlow, and its numbers form pairs. */
  static canHold({ rows, columns }: HalfMatrix): boolean {
    return isTensorflowCurrent() && rows * columns > 0 && (rows * columns) % 2 === 0;
  }

  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    return plus(this.#product(x, this.#isTransposed), bias);
  }

  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return plus(this.#product(y, !this.#isTransposed), sum);
  }

  read(): tf.Tensor2D {
    return tf.tidy(() => {
      const matrix = castTo(this.#matrix, this.#kind, "f32");
      return this.#isTransposed ? tf.transpose(matrix) : matrix;
    });
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    const wrong = ids.dataSync().find((id) => id < 0 || id >= this.outFeatures);
    if (wrong !== undefined)
      throw new ArgumentError("A look-up", "id", wrong, `a row from 0 to ${this.outFeatures - 1}`);
    if (!this.#isTransposed) return tf.tidy(() => tf.transpose(tf.gather(this.read(), ids, 1)));
    return tf.tidy(() => castTo(gatherHalf(this.#matrix, ids, this.#kind), this.#kind, "f32"));
  }

  firstRows(count: number): HalfMatrix {
    const products = this.#multipliesInBf16 ? "bf16" : "float32";
    const bits = firstHalves(this, count, this.#kind);
    return { kind: this.#kind, rows: count, columns: this.inFeatures, bits, products };
  }

  dispose(): void {
    this.#matrix.dispose();
  }

  /** Hidden from the tape, which would keep the widened matrix. */
  #product(left: tf.Tensor2D, isTransposed: boolean): tf.Tensor2D {
    return withoutTape(() =>
      tf.tidy(() => {
        if (!this.#multipliesInBf16)
          return tf.matMul(left, castTo(this.#matrix, this.#kind, "f32"), false, isTransposed);
        const narrow = castTo(left, "f32", "bf16");
        return castTo(multiplyHalf(narrow, this.#matrix, "bf16", isTransposed), "bf16", "f32");
      }),
    );
  }
}

/** Two numbers in each int32, without a copy if the array begins at a multiple of four bytes. */
function pairs(bits: Uint16Array): Int32Array {
  const aligned = bits.byteOffset % 4 === 0 ? bits : bits.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}
