// A weight that training never changes. Callers speak of products and rows; how the values are stored is decided here.

import { halfBits } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError, disposedError, shapeError } from "./errors.ts";
import { DeviceStorage } from "./frozen/device-storage.ts";
import { FloatStorage } from "./frozen/float-storage.ts";
import type { FrozenStorage, MatrixLayout, StoredMatrix } from "./frozen/frozen-storage.ts";
import { Int8Storage } from "./frozen/int8-storage.ts";
import { PackedStorage } from "./frozen/packed-storage.ts";
import { HalfStorage } from "./frozen/tensorflow/half-storage.ts";
import type { DeviceMatrix } from "./kernels/borrowed-head.ts";
import { checkInt8, type Int8Matrix } from "./packed/int8-matrix.ts";
import { currentInt8Weights, type Int8Weights, int8Problem } from "./packed/int8-weights.ts";
import { type BlockMatrix, checkPacked, type HalfMatrix, type PackedMatrix } from "./packed/packed-matrix.ts";
import { mayRoundProducts } from "./step/rounded-products.ts";
import type { StepFactor } from "./step/step-plan.ts";

/**
 * A frozen matrix W of shape [inFeatures, outFeatures], used as x·W.
 *
 * It owns its values and keeps one copy. A float32 tensor stays unchanged, because products read it in either layout, or is transposed
 * if the backend then multiplies faster. A packed matrix (16, 8 or 4 bits for each number) stays packed: each product decodes it, a few
 * megabytes at a time. On tfjs-node, 16-bit matrices are kept inside TensorFlow, which decodes them faster, and on webgpu all packed
 * matrices in the GPU's memory. Such a weight belongs to its engine, and throws OTHER_ENGINE on another.
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
  /** Undefined after `dispose`. */
  #storage: FrozenStorage | undefined;
  #mayRoundLogits = false;
  /** The weights in which logits of this weight were packed in 8 bits. */
  #roundedIn: Int8Weights | undefined;
  readonly #made = new Map<string, { dispose(): void }>();

  private constructor(storage: FrozenStorage) {
    this.#storage = storage;
  }

  /**
   * From a matrix [inFeatures, outFeatures]; takes ownership of it. Throws SHAPE_MISMATCH unless a tensor is a matrix,
   * ArgumentError unless it is float32 or, if packed, its arrays have the right lengths.
   */
  static from(matrix: tf.Tensor2D | PackedMatrix): FrozenWeight {
    return new FrozenWeight(store("FrozenWeight.from", matrix, "in-out"));
  }

  /** From a matrix [outFeatures, inFeatures] (torch's layout), of which it takes ownership. Throws as `from`. */
  static fromTransposed(matrix: tf.Tensor2D | PackedMatrix): FrozenWeight {
    return new FrozenWeight(store("FrozenWeight.fromTransposed", matrix, "out-in"));
  }

  /**
   * Makes a weight from an 8-bit matrix with a scale for each output. The native engine multiplies it in 8 bits, forward and for the
   * gradient, if the processor does that fast and exactly (`int8Problem`). The weight then belongs to that engine, and throws
   * OTHER_ENGINE on another. Elsewhere products decode it and are float32. Throws ArgumentError for arrays of wrong lengths.
   */
  static fromInt8(matrix: Int8Matrix): FrozenWeight {
    checkInt8("FrozenWeight.fromInt8", matrix);
    const weights = currentInt8Weights();
    if (weights !== undefined && weights.problem === undefined)
      return new FrozenWeight(new Int8Storage(matrix, weights));
    return new FrozenWeight(storePacked(blocksOf(matrix), "out-in"));
  }

  get inFeatures(): number {
    return this.#current().inFeatures;
  }

  get outFeatures(): number {
    return this.#current().outFeatures;
  }

  /** Bytes of the stored numbers, including those in 8 bits for rounded logits; 0 after `dispose`. */
  get bytes(): number {
    const { bytes = 0 } = this.#storage ?? {};
    const copy = this.#storage && this.#canRoundLogits() ? (2 * this.inFeatures + 4) * this.outFeatures : 0;
    return bytes + copy;
  }

  /** The matrix as it is stored, if that is one float32 tensor; the weight still owns it. */
  get stored(): StoredMatrix | undefined {
    return this.#current().stored;
  }

  /**
   * Reads some rows of the transposed view [outFeatures, inFeatures] into memory that the next call overwrites. Undefined if the matrix
   * is not packed on the host in that layout.
   */
  get readRows(): ((first: number, count: number) => Float32Array) | undefined {
    return this.#current().readRows;
  }

  /** The matrix, if it is packed in the current engine's own memory. */
  get packed(): DeviceMatrix | undefined {
    return this.#current().packed;
  }

  /** Whether the engine computes 8-bit logits from it. Their packed copy is then freed with the weight. */
  roundsLogits(): boolean {
    if (!this.#canRoundLogits()) return false;
    this.#roundedIn = currentInt8Weights();
    return true;
  }

  /** How a plan's graph multiplies by it now; undefined if no graph can, or if it would round numbers that must not be rounded. */
  get stepFactor(): StepFactor | undefined {
    const { stored, stepFactor } = this.#current();
    if (stored !== undefined)
      return { kind: "float32", ...stored, mayRound: mayRoundProducts() && this.#canRoundLogits() };
    return stepFactor?.kind === "blocks" && !mayRoundProducts() ? undefined : stepFactor;
  }

  /**
   * Allows 8 bits for logits of this weight as a head: in `linearCrossEntropy`, logits and gradient of a loss that is differentiated,
   * and in plans the logits of a next token within `withRoundedProducts`. It has an effect on the native engine, for a matrix given to
   * `fromTransposed`, if the processor does that fast and exactly. It takes two more bytes for each number for a loss, one for a plan.
   * A loss without a gradient stays in float32.
   */
  roundLogits(): void {
    this.#mayRoundLogits = true;
  }

  /** x·W for x [rows, inFeatures], plus a bias [outFeatures]. Not differentiable by itself: see `frozenLinear`. */
  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D {
    return this.#current().multiply(x, bias);
  }

  /** x·W for x [..., inFeatures], if `withRoundedProducts` allows it and it is faster; otherwise undefined. */
  multiplyRounded(x: tf.Tensor): tf.Tensor | undefined {
    return isRounding() ? this.#current().multiplyRounded?.(x) : undefined;
  }

  /** The same with this weight and others, all of the same input, in one call. */
  multiplyRoundedWith(others: readonly FrozenWeight[], x: tf.Tensor): readonly tf.Tensor[] | undefined {
    if (!isRounding()) return undefined;
    const storages = others.map((other) => other.#current());
    return this.#current().multiplyRoundedWith?.(storages, x);
  }

  /**
   * y·Wᵀ for y [rows, outFeatures]: the gradient of `multiply`. With `sum`, a tensor of the product's size, the product is
   * added to it; the caller disposes of `sum` and must not read it any more, because the result may be in its memory.
   */
  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D {
    return this.#current().multiplyTransposed(y, sum);
  }

  /** A float32 copy of W as [inFeatures, outFeatures]; the caller disposes of it. */
  read(): tf.Tensor2D {
    return this.#current().read();
  }

  /** Rows of the transposed view [outFeatures, inFeatures], one for each id: the look-up of a tied embedding. */
  rows(ids: tf.Tensor1D): tf.Tensor2D {
    return this.#current().rows(ids);
  }

  /**
   * A new weight with another number of outputs: the first ones of this weight, followed by new ones, for which `added` makes the rows
   * [count, inFeatures] of the transposed view. 16 bits stay 16 bits. Throws ArgumentError for blocks of 4 or 8 bits, SHAPE_MISMATCH for
   * rows of another shape.
   */
  resized(outFeatures: number, added: (count: number) => tf.Tensor2D): FrozenWeight {
    const current = this.#current();
    const firstRows = current.firstRows(Math.min(outFeatures, current.outFeatures));
    const missing = outFeatures - current.outFeatures;
    const sized = FrozenWeight.fromTransposed(missing > 0 ? appendRows(firstRows, added(missing), missing) : firstRows);
    if (this.#mayRoundLogits) sized.roundLogits();
    return sized;
  }

  /** Disposes of `derived` together with the weight from which it was made, or when another one is set under the name. */
  owns(name: string, derived: { dispose(): void }): void {
    if (this.#made.get(name) !== derived) this.#made.get(name)?.dispose();
    this.#made.set(name, derived);
  }

  /** Frees the weight. Calling it twice does nothing more. */
  dispose(): void {
    for (const derived of this.#made.values()) derived.dispose();
    this.#made.clear();
    this.#roundedIn?.removeTiles(this);
    this.#roundedIn = undefined;
    this.#storage?.dispose();
    this.#storage = undefined;
  }

  #canRoundLogits(): boolean {
    const { stored, readRows } = this.#current();
    const isReadable = stored?.isTransposed === true || readRows !== undefined;
    return this.#mayRoundLogits && isReadable && int8Problem() === undefined;
  }

  #current(): FrozenStorage {
    if (this.#storage === undefined) throw disposedError("A frozen weight");
    return this.#storage;
  }
}

function isRounding(): boolean {
  return mayRoundProducts() && tf.engine().state.gradientDepth === 0;
}

function store(where: string, matrix: tf.Tensor2D | PackedMatrix, layout: MatrixLayout): FrozenStorage {
  if (matrix instanceof tf.Tensor) return new FloatStorage(checkMatrix(where, matrix), layout);
  checkPacked(where, matrix);
  return storePacked(matrix, layout);
}

function storePacked(matrix: PackedMatrix, layout: MatrixLayout): FrozenStorage {
  if (matrix.kind !== "blocks" && HalfStorage.canHold(matrix)) return new HalfStorage(matrix, layout);
  return DeviceStorage.of(matrix, layout) ?? new PackedStorage(matrix, layout);
}

/** Takes ownership of both. */
function appendRows(firstRows: tf.Tensor2D | HalfMatrix, added: tf.Tensor2D, count: number): tf.Tensor2D | HalfMatrix {
  const columns = firstRows instanceof tf.Tensor ? firstRows.shape[1] : firstRows.columns;
  try {
    if (added.rank !== 2 || added.shape[0] !== count || added.shape[1] !== columns)
      throw shapeError("FrozenWeight.resized", added.shape, `[${count}, ${columns}]`);
    if (firstRows instanceof tf.Tensor) return tf.concat([firstRows, added]);
    const bits = new Uint16Array((firstRows.rows + count) * columns);
    bits.set(firstRows.bits);
    bits.set(halfBits(added.dataSync<"float32">(), firstRows.kind), firstRows.bits.length);
    return { ...firstRows, rows: firstRows.rows + count, bits };
  } finally {
    added.dispose();
    if (firstRows instanceof tf.Tensor) firstRows.dispose();
  }
}

function checkMatrix(where: string, matrix: tf.Tensor2D): tf.Tensor2D {
  if (matrix.rank !== 2) throw shapeError(where, matrix.shape, "a matrix");
  if (matrix.dtype !== "float32") throw new ArgumentError(where, "dtype", matrix.dtype, "float32");
  return matrix;
}

/** The value of each byte as an int8. */
export const signedBytes: Float32Array = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);

/** The same numbers, a block for each output. */
function blocksOf({ outFeatures, inFeatures, codes, scales }: Int8Matrix): BlockMatrix {
  return {
    kind: "blocks",
    rows: outFeatures,
    columns: inFeatures,
    blockSize: inFeatures + (inFeatures % 2),
    codeBits: 8,
    levels: signedBytes,
    codes: new Uint8Array(codes.buffer, codes.byteOffset, codes.length),
    scales,
  };
}
