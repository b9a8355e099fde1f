// Frozen matrices in 8 bits inside ONNX Runtime. Each is the constant of its own session, because the library packs constants into
// the order in which its products read them, and drops its copy of the original. A second session, for the gradient of the input, is
// made on first use. Until then the codes are kept unpacked, in the same number of bytes.

import type { Int8Matrix, MatrixShape } from "../../../packed/int8-matrix.ts";
import type { Int8Weights } from "../../../packed/int8-weights.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";
import type { Packing } from "../runtime/packing.ts";
import { reasonAgainst8Bits } from "./int8-fitness.ts";
import { NativeRounding } from "./native-rounding.ts";
import { productSession, zeroPoint } from "./product-session.ts";

/** One direction of a matrix: codes [rows, inner] of 8 bits → codes·W, each column times its scale. */
export interface Int8Product {
  readonly session: NativeSession;
  readonly inner: number;
  readonly columns: number;
  /** [columns], or [1] if the scales belong to the other factor. */
  readonly columnScales: Float32Array;
  /** [inner]: scales of the other factor before it is rounded. */
  readonly innerScales?: Float32Array;
}

/** Both directions of some rows of an output head: to logits, and from probabilities, whose codes have no sign, back. */
export interface Int8Tile {
  readonly forward: Int8Product;
  readonly backward: Int8Product;
  /** The mean of the rows' codes, [features]. */
  readonly meanCodes: Float32Array;
}

/** The same as a constant: codes [inner, columns]. */
export interface Int8Constant extends Pick<Int8Product, "inner" | "columns" | "columnScales"> {
  readonly codes: Int8Array;
  /** The packing that already contains it, if any. */
  readonly packing?: Packing;
}

interface Weight {
  readonly forward: Int8Product;
  readonly packing: Packing;
  /** The session, or the codes [outFeatures, inFeatures] from which it is made on first use. */
  backward: Int8Product | Int8Array;
}

/** Rows of the unit matrix that are multiplied at one time when a matrix is read. */
const readRows = 128;

export class NativeInt8Weights implements Int8Weights {
  /** The rows of the latest products. */
  readonly recentRows = new RecentRows();
  readonly #runtime: OnnxRuntime;
  readonly #rounding: NativeRounding;
  readonly #weights = new Map<number, Weight>();
  readonly #tiles = new Map<object, { readonly tiles: readonly Int8Tile[]; readonly areFinite: boolean }>();
  #count = 0;
  /** The packing for the next weights: shared by all that were added since a weight was last used. */
  #packing: Packing | undefined;
  #problem: { readonly reason: string | undefined } | undefined;

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
    this.#rounding = new NativeRounding(runtime);
  }

  get problem(): string | undefined {
    this.#problem ??= { reason: reasonAgainst8Bits(this.#runtime) };
    return this.#problem.reason;
  }

  round(values: Float32Array, shape: MatrixShape): Int8Matrix | undefined {
    return this.#rounding.round(values, shape);
  }

  add(matrix: Int8Matrix): number {
    const weight = this.#count++;
    // Usually the matrices of one model: it is loaded before it is used.
    if (this.#packing === undefined || this.#packing.isReleased) this.#packing = this.#runtime.makePacking();
    const packing = this.#packing;
    this.#weights.set(weight, { forward: this.#forwardOf(matrix, packing), backward: matrix.codes, packing });
    return weight;
  }

  /** The tiles of a head, packed on first use and kept until `removeTiles`. Undefined if a value is not finite. */
  tilesOf(owner: object, round: () => Iterable<Int8Matrix | undefined>): readonly Int8Tile[] | undefined {
    const packed = this.#tiles.get(owner);
    if (packed !== undefined) return packed.areFinite ? packed.tiles : undefined;
    const tiled = { tiles: [] as Int8Tile[], areFinite: true };
    this.#tiles.set(owner, tiled);
    for (const matrix of round()) {
      tiled.areFinite = matrix !== undefined;
      if (matrix === undefined) break;
      const forward = this.#forwardOf(matrix);
      const backward = this.#backwardOf(forward, matrix.codes, 0);
      tiled.tiles.push({ forward, backward, meanCodes: meanOfRows(matrix) });
    }
    return tiled.areFinite ? tiled.tiles : undefined;
  }

  removeTiles(owner: object): void {
    for (const { forward, backward } of this.#tiles.get(owner)?.tiles ?? []) {
      this.#runtime.releaseSession(forward.session);
      this.#runtime.releaseSession(backward.session);
    }
    this.#tiles.delete(owner);
  }

  /** The session for one direction. */
  product(weight: number, isTransposed: boolean): Int8Product {
    const pair = this.#find(weight);
    this.#packing = undefined;
    if (!isTransposed) return pair.forward;
    if (pair.backward instanceof Int8Array) pair.backward = this.#backwardOf(pair.forward, pair.backward);
    return pair.backward;
  }

  /** A matrix as a constant of another graph: made with its packing, it takes no more memory. */
  constant(weight: number): Int8Constant {
    const { forward, backward, packing } = this.#find(weight);
    const { inner, columns, columnScales } = forward;
    const codes =
      backward instanceof Int8Array
        ? this.#rounding.transpose(backward, columns)
        : Int8Array.from(this.#multiplyUnits({ ...forward, columnScales: new Float32Array(columns).fill(1) }));
    return { codes, inner, columns, columnScales, packing };
  }

  /** A matrix in float32 as a constant in 8 bits; undefined if a number is not finite. */
  constantOf(values: Float32Array, shape: MatrixShape): Int8Constant | undefined {
    const rounded = this.round(values, shape);
    if (rounded === undefined) return undefined;
    const { inFeatures: inner, outFeatures: columns, codes, scales: columnScales } = rounded;
    return { codes: this.#rounding.transpose(codes, columns), inner, columns, columnScales };
  }

  read(weight: number): Float32Array {
    const { forward } = this.#find(weight);
    return this.#multiplyUnits(forward);
  }

  remove(weight: number): void {
    const pair = this.#weights.get(weight);
    if (pair === undefined) return;
    this.#weights.delete(weight);
    this.#runtime.releaseSession(pair.forward.session);
    if (!(pair.backward instanceof Int8Array)) this.#runtime.releaseSession(pair.backward.session);
  }

  dispose(): void {
    for (const weight of [...this.#weights.keys()]) this.remove(weight);
    for (const owner of [...this.#tiles.keys()]) this.removeTiles(owner);
    this.#rounding.dispose();
  }

  #find(weight: number): Weight {
    const pair = this.#weights.get(weight);
    if (pair === undefined) throw new Error(`There is no matrix ${weight} in 8 bits.`);
    return pair;
  }

  #forwardOf({ inFeatures, outFeatures, codes, scales }: Int8Matrix, packing?: Packing): Int8Product {
    const shared = packing === undefined ? {} : { packing };
    const transposed = this.#rounding.transpose(codes, outFeatures);
    const session = productSession(this.#runtime, transposed, { inner: inFeatures, ...shared });
    return { session, inner: inFeatures, columns: outFeatures, columnScales: scales };
  }

  #backwardOf({ inner, columns, columnScales }: Int8Product, codes: Int8Array, zero = zeroPoint): Int8Product {
    const session = productSession(this.#runtime, codes, { inner: columns, zero });
    return { session, inner: columns, columns: inner, columnScales: one, innerScales: columnScales };
  }

  /** The unpacked matrix, from a product with the unit matrix, because no other copy exists. */
  #multiplyUnits({ session, inner, columns, columnScales }: Int8Product): Float32Array {
    const result = new Float32Array(inner * columns);
    for (let first = 0; first < inner; first += readRows) {
      const rows = Math.min(readRows, inner - first);
      const units = new Uint8Array(rows * inner).fill(zeroPoint);
      for (let row = 0; row < rows; row++) units[row * inner + first + row] = zeroPoint + 1;
      const values = result.subarray(first * columns, (first + rows) * columns);
      this.#runtime.run(
        session,
        [
          { values: units, shape: [rows, inner] },
          { values: columnScales, shape: [columns] },
        ],
        [{ values, shape: [rows, columns] }],
      );
    }
    return result;
  }
}

const one = Float32Array.of(1);

function meanOfRows({ codes, outFeatures: rows, inFeatures: columns }: Int8Matrix): Float32Array {
  const sums = new Int32Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) sums[column]! += codes[row * columns + column]!;
  return Float32Array.from(sums, (sum) => sum / rows);
}

// The last rows that were rounded to 8 bits. Queries, keys and values are products of one x, and so are a gate and the
// projection next to it: the second product finds x rounded.

/** Rows in 8 bits, and the scale of each row. */
interface Int8Rows {
  /** [rows, inner] */
  readonly codes: Uint8Array;
  /** [rows] */
  readonly factors: Float32Array;
}

/** The last rounded rows. Allocating memory for each product would cost a page fault for every 4 KB. */
class RecentRows {
  #codes = new Uint8Array(0);
  #factors = new Float32Array(0);
  #of: { readonly owner: object; readonly inner: number } | undefined;

  /** Memory for `rows` rows, valid until the next call; forgets whose rows were in it. */
  room(rows: number, inner: number): Int8Rows {
    this.#of = undefined;
    return this.#view(rows, inner);
  }

  /** Records that the memory now holds the rows of this tensor. */
  keep(owner: object, inner: number): void {
    this.#of = { owner, inner };
  }

  /** A tensor's rows, if they were the last. */
  of(owner: object, rows: number, inner: number): Int8Rows | undefined {
    return this.#of?.owner === owner && this.#of.inner === inner ? this.#view(rows, inner) : undefined;
  }

  /** Its values are about to be others. */
  forget(owner: object): void {
    if (this.#of?.owner === owner) this.#of = undefined;
  }

  #view(rows: number, inner: number): Int8Rows {
    if (this.#codes.length < rows * inner) this.#codes = new Uint8Array(rows * inner);
    if (this.#factors.length < rows) this.#factors = new Float32Array(rows);
    return { codes: this.#codes.subarray(0, rows * inner), factors: this.#factors.subarray(0, rows) };
  }
}
