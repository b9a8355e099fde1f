// Frozen matrices in 8 bits inside ONNX Runtime. Each is the constant of a session of its own, for that is what the library
// packs into the order that its products read; it then drops the copy that it was given. A second session, for the gradient
// of the input, is made when first asked for: whoever only generates pays for one direction.

import type { Int8Matrix } from "../../../frozen/int8/int8-matrix.ts";
import type { Int8Weights } from "../../../frozen/int8/int8-weights.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";
import { productSession, zeroPoint } from "./product-session.ts";
import { unfitnessFor8Bits } from "./unfitness.ts";

/** One direction of a matrix: codes [rows, inner] of 8 bits → codes·W, each column times its scale. */
export interface Int8Product {
  readonly session: NativeSession;
  readonly inner: number;
  readonly columns: number;
  /** [columns], or [1] where the scales belong to the other factor. */
  readonly columnScales: Float32Array;
  /** [inner]: what the other factor is multiplied by before it is rounded. */
  readonly innerScales?: Float32Array;
}

interface Weight {
  readonly forward: Int8Product;
  backward?: Int8Product;
}

/** Rows of the unit matrix that are multiplied at one time when a matrix is read. */
const readRows = 128;

export class NativeInt8Weights implements Int8Weights {
  readonly #runtime: OnnxRuntime;
  readonly #weights = new Map<number, Weight>();
  #count = 0;
  #unfitness: { readonly reason: string | undefined } | undefined;

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
  }

  get unfitness(): string | undefined {
    this.#unfitness ??= { reason: unfitnessFor8Bits(this.#runtime) };
    return this.#unfitness.reason;
  }

  add({ inFeatures, outFeatures, codes, scales }: Int8Matrix): number {
    const session = productSession(this.#runtime, turned(codes, outFeatures, inFeatures), inFeatures);
    const forward = { session, inner: inFeatures, columns: outFeatures, columnScales: scales };
    const weight = this.#count++;
    this.#weights.set(weight, { forward });
    return weight;
  }

  /** The direction asked for. */
  product(weight: number, isTransposed: boolean): Int8Product {
    const found = this.#find(weight);
    if (!isTransposed) return found.forward;
    found.backward ??= this.#backwardOf(found.forward);
    return found.backward;
  }

  read(weight: number): Float32Array {
    const { forward } = this.#find(weight);
    return this.#multiplyUnits(forward, forward.columnScales);
  }

  remove(weight: number): void {
    const found = this.#weights.get(weight);
    if (found === undefined) return;
    this.#weights.delete(weight);
    this.#runtime.releaseSession(found.forward.session);
    if (found.backward !== undefined) this.#runtime.releaseSession(found.backward.session);
  }

  dispose(): void {
    for (const weight of [...this.#weights.keys()]) this.remove(weight);
  }

  #find(weight: number): Weight {
    const found = this.#weights.get(weight);
    if (found === undefined) throw new Error(`There is no matrix ${weight} in 8 bits.`);
    return found;
  }

  #backwardOf(forward: Int8Product): Int8Product {
    const { inner, columns, columnScales } = forward;
    const codes = Int8Array.from(this.#multiplyUnits(forward, one)); // [inner, columns]
    const session = productSession(this.#runtime, turned(codes, inner, columns), columns);
    return { session, inner: columns, columns: inner, columnScales: one, innerScales: columnScales };
  }

  /** The packed matrix, read by multiplying the unit matrix: nobody keeps another copy. */
  #multiplyUnits({ session, inner, columns }: Int8Product, scales: Float32Array): Float32Array {
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
          { values: scales, shape: [scales.length] },
        ],
        [{ values, shape: [rows, columns] }],
      );
    }
    return result;
  }
}

const one = Float32Array.of(1);

/** [rows, columns] → [columns, rows], in squares that fit the cache. */
function turned(codes: Int8Array, rows: number, columns: number): Int8Array {
  const result = new Int8Array(codes.length);
  const side = 32;
  for (let top = 0; top < rows; top += side)
    for (let left = 0; left < columns; left += side)
      for (let row = top; row < Math.min(top + side, rows); row++)
        for (let column = left; column < Math.min(left + side, columns); column++)
          result[column * rows + row] = codes[row * columns + column]!;
  return result;
}
