// The rows in 8 bits that were made last. Queries, keys and values are products of one x, as are a gate and what it lets
// through: whoever multiplies it next finds it rounded.

/** Rows in 8 bits, and what a code of 1 stands for in each. */
export interface Int8Rows {
  /** [rows, inner] */
  readonly codes: Uint8Array;
  /** [rows] */
  readonly factors: Float32Array;
}

/** Those that were rounded last. Made anew for each product, room for them would cost a page fault for every 4 KB. */
export class RecentRows {
  #codes = new Uint8Array(0);
  #factors = new Float32Array(0);
  #of: { readonly owner: object; readonly inner: number } | undefined;

  /** Room for so many, until the next call: whose they are is forgotten. */
  room(rows: number, inner: number): Int8Rows {
    this.#of = undefined;
    return this.#view(rows, inner);
  }

  /** What lies in the room are the rows of a tensor. */
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
