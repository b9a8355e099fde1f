// A frozen matrix in 16, 8 or 4 bits. A product decodes it piece by piece into a buffer that is used again and again:
// the base takes the memory of its packed bytes and, for a moment, a few megabytes.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../engines/backends.ts";
import { ArgumentError } from "../errors.ts";
import { plus } from "../kernels/linear-product.ts";
import { joined, joinNumbers } from "../packed/block-numbers.ts";
import { BlockProduct } from "../packed/block-product.ts";
import { decodeKernel, multipliesRows, transposesPart } from "../packed/decode-kernel.ts";
import {
  type BlockMatrix,
  type HalfMatrix,
  type MatrixPart,
  type PackedMatrix,
  packedBytes,
} from "../packed/packed-matrix.ts";
import { multiplyInCodes, roundsProducts, rowSteps } from "../packed/rounded-blocks.ts";
import type { StepFactor } from "../step/step-plan.ts";
import { withoutTape } from "../tape/without-tape.ts";
import { decodeBuffer, decodeInto } from "./decode-into.ts";
import type { FrozenStorage, MatrixLayout } from "./frozen-storage.ts";

/** Numbers decoded at one time: 8 MB. */
const pieceNumbers = 1 << 21;

/** Pieces with fewer columns make slow products. */
const fewestColumns = 128;

/** Rows that are multiplied one after another. */
const fewRows = 4;

/** Pieces have a multiple of this many columns, unless blocks need another number. */
const columnStep = 64;

export class PackedStorage implements FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bytes: number;
  readonly #matrix: PackedMatrix;
  readonly #isTransposed: boolean;
  readonly #pieceNumbers: number;
  /** The steps of rows, for products in 8 bits. */
  #steps: Float32Array | undefined;
  /** Made on first use, because it takes as much memory again. Null if the backend has none. */
  #product: BlockProduct | null | undefined;
  /** The product of this matrix and others, joined to one. */
  #joint: { readonly others: readonly FrozenStorage[]; readonly product: BlockProduct | null } | undefined;

  /** @param limit how many numbers may be decoded at one time */
  constructor(matrix: PackedMatrix, layout: MatrixLayout, limit = pieceNumbers) {
    const isTransposed = layout === "out-in";
    this.#matrix = matrix;
    this.#isTransposed = isTransposed;
    this.#pieceNumbers = limit;
    this.inFeatures = isTransposed ? matrix.columns : matrix.rows;
    this.outFeatures = isTransposed ? matrix.rows : matrix.columns;
    this.bytes = packedBytes(matrix);
  }

  get stepFactor(): StepFactor | undefined {
    if (!this.#isTransposed || this.#matrix.kind !== "blocks") return undefined;
    return { kind: "blocks", matrix: this.#matrix };
  }

  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    return plus(this.#rounded(x, this.#isTransposed) ?? this.#exact(x, this.#isTransposed), bias);
  }

  multiplyRounded(x: tf.Tensor): tf.Tensor | undefined {
    if (!this.#isTransposed || this.#matrix.kind !== "blocks") return undefined;
    if (this.#product === undefined) this.#product = BlockProduct.of(this.#matrix) ?? null;
    return this.#product?.multiply(x);
  }

  multiplyRoundedWith(others: readonly FrozenStorage[], x: tf.Tensor): readonly tf.Tensor[] | undefined {
    if (!isSame(this.#joint?.others, others)) {
      this.#joint?.product?.dispose();
      const joined = this.#joinedWith(others);
      this.#joint = { others, product: (joined && BlockProduct.of(joined)) ?? null };
    }
    const widths = [this, ...others].map(({ outFeatures }) => outFeatures);
    return this.#joint?.product?.multiplyParts(x, widths);
  }

  /** One matrix with the outputs of all, if all are blocks of one kind. */
  #joinedWith(others: readonly FrozenStorage[]): BlockMatrix | undefined {
    const matrices: BlockMatrix[] = [];
    for (const storage of [this, ...others]) {
      if (!(storage instanceof PackedStorage) || !storage.#isTransposed) return undefined;
      if (storage.#matrix.kind !== "blocks") return undefined;
      matrices.push(storage.#matrix);
    }
    return joinBlocks(matrices);
  }

  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return plus(this.#rounded(y, !this.#isTransposed) ?? this.#exact(y, !this.#isTransposed), sum);
  }

  read(): tf.Tensor2D {
    const { rows, columns } = this.#matrix;
    const values = new Float32Array(rows * columns);
    decodeInto(values, this.#matrix, { firstRow: 0, rows, firstColumn: 0, columns });
    return tf.tidy(() => {
      const matrix = tf.tensor2d(values, [rows, columns]);
      return this.#isTransposed ? tf.transpose(matrix) : matrix;
    });
  }

  get readRows(): ((first: number, count: number) => Float32Array) | undefined {
    return this.#isTransposed ? (firstRow, rows) => this.#decode(firstRow, rows) : undefined;
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    if (!this.#isTransposed) return tf.tidy(() => tf.transpose(tf.gather(this.read(), ids, 1)));
    const { rows, columns } = this.#matrix;
    const picked = ids.dataSync();
    const values = new Float32Array(picked.length * columns);
    for (const [index, id] of picked.entries()) {
      if (id < 0 || id >= rows) throw new ArgumentError("A look-up", "id", id, `a row from 0 to ${rows - 1}`);
      const target = values.subarray(index * columns, (index + 1) * columns);
      decodeInto(target, this.#matrix, { firstRow: id, rows: 1, firstColumn: 0, columns });
    }
    return tf.tensor2d(values, [picked.length, columns]);
  }

  firstRows(count: number): tf.Tensor2D | HalfMatrix {
    const matrix = this.#matrix;
    if (matrix.kind === "blocks")
      throw new ArgumentError("A resized weight", "matrix", `blocks of ${matrix.codeBits} bits`, "float32 or 16 bits");
    if (this.#isTransposed) return { ...matrix, rows: count, bits: matrix.bits.slice(0, count * matrix.columns) };
    return tf.tidy(() => tf.transpose(tf.slice(this.read(), [0, 0], [this.inFeatures, count])));
  }

  dispose(): void {
    this.#product?.dispose();
    this.#product = undefined;
    this.#joint?.product?.dispose();
    this.#joint = undefined;
  }

  #decode(firstRow: number, rows: number): Float32Array {
    const { columns } = this.#matrix;
    const values = decodeBuffer(rows * columns);
    decodeInto(values, this.#matrix, { firstRow, rows, firstColumn: 0, columns });
    return values;
  }

  /** left·M or left·Mᵀ in 8 bits, if products of the stored matrix M are to be so and can. */
  #rounded(left: tf.Tensor2D, isTransposed: boolean): tf.Tensor2D | undefined {
    if (!roundsProducts(this.#matrix)) return undefined;
    this.#steps ??= rowSteps(this.#matrix);
    return multiplyInCodes(left, { matrix: this.#matrix, steps: this.#steps, isTransposed });
  }

  #exact(left: tf.Tensor2D, isTransposed: boolean): tf.Tensor2D {
    if (!isTransposed) return this.#times(left);
    return this.#timesFewRows(left) ?? this.#timesTransposed(left);
  }

  /** The same as `#timesTransposed` for engines that are slow with a few rows, as in generation; undefined elsewhere. */
  #timesFewRows(left: tf.Tensor2D): tf.Tensor2D | undefined {
    const [height] = left.shape;
    if (height === 0 || height > fewRows || !currentBackend()?.needsPlainProducts) return undefined;
    if (!multipliesRows(this.#matrix)) return undefined;
    const products = decodeKernel()?.multiplyRows(left.dataSync<"float32">(), this.#matrix);
    return products && tf.tensor2d(products, [height, this.#matrix.rows]);
  }

  /** left·Mᵀ for the stored matrix M: rows of M are columns of the result. */
  #timesTransposed(left: tf.Tensor2D): tf.Tensor2D {
    const { rows, columns } = this.#matrix;
    const step = Math.max(1, Math.floor(this.#pieceNumbers / Math.max(columns, 1)));
    return concatenated(rows, step, (firstRow, count) =>
      this.#withPiece({ firstRow, rows: count, firstColumn: 0, columns }, (piece) =>
        tf.matMul(left, piece, false, true),
      ),
    );
  }

  /** left·M: columns of M are columns of the result. If pieces would have too few columns, it sums over rows. */
  #times(left: tf.Tensor2D): tf.Tensor2D {
    const { rows, columns } = this.#matrix;
    const multiple = this.#matrix.kind === "blocks" ? this.#matrix.blockSize : columnStep;
    const step = Math.floor(this.#pieceNumbers / Math.max(rows, 1) / multiple) * multiple;
    if (step < Math.min(columns, fewestColumns)) return this.#timesByRows(left);
    return concatenated(columns, step, (firstColumn, count) =>
      this.#timesPart(left, { firstRow: 0, rows, firstColumn, columns: count }),
    );
  }

  /**
   * left·part. Engines with plain products alone get the part's transpose: XNNPACK rearranges a right factor each time, which takes longer
   * than its product with few rows, and now rearranges `left` instead.
   */
  #timesPart(left: tf.Tensor2D, part: MatrixPart): tf.Tensor2D {
    const isTurned = left.shape[0] < part.columns && currentBackend()?.needsPlainProducts;
    const kernel = isTurned && transposesPart(this.#matrix, part) ? decodeKernel() : undefined;
    if (kernel === undefined) return this.#withPiece(part, (piece) => tf.matMul(left, piece));
    const piece = tf.tensor2d(kernel.decodeTransposed(this.#matrix, part), [part.columns, part.rows]);
    const product = tf.matMul<tf.Tensor2D>(left, piece, false, true);
    piece.dispose();
    return product;
  }

  #timesByRows(left: tf.Tensor2D): tf.Tensor2D {
    const { rows, columns } = this.#matrix;
    const step = Math.max(1, Math.floor(this.#pieceNumbers / columns));
    const height = left.shape[0];
    const partOf = (firstRow: number, count: number) => ({ firstRow, rows: count, firstColumn: 0, columns });
    return withoutTape(() =>
      piecesOf(rows, step).reduce<tf.Tensor2D>(
        (sum, { first, count }) => {
          const next = tf.tidy(() =>
            tf.add<tf.Tensor2D>(
              sum,
              this.#timesPart(tf.slice(left, [0, first], [height, count]), partOf(first, count)),
            ),
          );
          sum.dispose();
          return next;
        },
        tf.zeros([height, columns]),
      ),
    );
  }

  /** The buffer is reused after this call: the result of `use` must not share the piece's values. */
  #withPiece(part: MatrixPart, use: (piece: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
    const values = decodeBuffer(part.rows * part.columns);
    decodeInto(values, this.#matrix, part);
    const piece = tf.tensor2d(values, [part.rows, part.columns]);
    try {
      return use(piece);
    } finally {
      piece.dispose();
    }
  }
}

function isSame(storages: readonly FrozenStorage[] | undefined, others: readonly FrozenStorage[]): boolean {
  return storages?.length === others.length && storages.every((storage, index) => storage === others[index]);
}

interface Piece {
  readonly first: number;
  readonly count: number;
}

function piecesOf(size: number, step: number): readonly Piece[] {
  return Array.from({ length: Math.max(1, Math.ceil(size / step)) }, (_, index) => ({
    first: index * step,
    count: Math.min(step, size - index * step),
  }));
}

/** Columns of a product, made piece by piece. Hidden from the tape: it would keep the pieces, whose buffer is used again. */
function concatenated(size: number, step: number, compute: (first: number, count: number) => tf.Tensor2D): tf.Tensor2D {
  return withoutTape(() =>
    tf.tidy(() => {
      const parts = piecesOf(size, step).map(({ first, count }) => compute(first, count)); // [rows, count] each
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : tf.concat(parts, 1);
    }),
  );
}

/** The matrix with the rows of all, or undefined if their blocks or columns are of different kinds. */
function joinBlocks(matrices: readonly BlockMatrix[]): BlockMatrix | undefined {
  const [first] = matrices;
  if (first === undefined || !matrices.every((matrix) => isAlike(matrix, first))) return undefined;
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const codes = joined(
    matrices.map((matrix) => matrix.codes),
    Uint8Array,
  );
  const scales = joinNumbers(matrices.map((matrix) => matrix.scales));
  if (scales === undefined) return undefined;
  if (first.minima === undefined) return { ...first, rows, codes, scales };
  const minima = joinNumbers(matrices.flatMap((matrix) => (matrix.minima === undefined ? [] : [matrix.minima])));
  return minima && { ...first, rows, codes, scales, minima };
}

function isAlike(one: BlockMatrix, other: BlockMatrix): boolean {
  return (
    one.columns === other.columns &&
    one.blockSize === other.blockSize &&
    one.codeBits === other.codeBits &&
    (one.minima === undefined) === (other.minima === undefined) &&
    one.levels.every((level, code) => level === other.levels[code])
  );
}
