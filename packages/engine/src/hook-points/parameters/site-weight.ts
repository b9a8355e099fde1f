// The matrix of a site: frozen, perhaps shared with the site it is tied to, perhaps replaced by a merge.

import type { Restore } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../../frozen-weight.ts";
import { modelDisposedError } from "../errors.ts";
import { type NewRows, rowsLike } from "../new-rows.ts";

/** What a site multiplies by: a linear site by W, an embedding by the transposed view of a head's W. */
export type Orientation = "linear" | "table";

export class SiteWeight {
  #base: SharedWeight | undefined;
  readonly #tiedTo: SiteWeight | undefined;
  /** Weights that are tied to this one. */
  readonly #tied: SiteWeight[] = [];
  /** A permanent replacement; the replaced weight is disposed of. */
  #final: SharedWeight | undefined;
  #replacements: readonly SharedWeight[] = [];

  /**
   * @param orientation "linear" counts [inFeatures, outFeatures]; "table" counts [rows, width] of the same matrix seen
   * transposed.
   * @param tiedTo The weight whose base this one shares. A replacement here leaves that weight unchanged.
   */
  constructor(
    readonly orientation: Orientation,
    tiedTo?: SiteWeight,
  ) {
    this.#tiedTo = tiedTo;
    if (tiedTo !== undefined) tiedTo.#tied.push(this);
  }

  /** Takes ownership. */
  fill(weight: FrozenWeight): void {
    this.#base = new SharedWeight(weight);
  }

  /** Uses the weight that another site uses now, without a copy. A tied weight must be shared first. */
  shareFrom(original: SiteWeight): void {
    const { weight } = original.#current;
    if (this.#tiedTo === undefined) this.#base = original.#current.retain();
    else if (this.#tiedTo.current !== weight) this.#replacements = [original.#current.retain()];
  }

  /**
   * Uses the first rows of the weight that `original` uses and, if that has fewer, new ones below them. A weight of the right size is
   * shared. A tied weight follows its table, which must be resized first.
   */
  resizeFrom(original: SiteWeight, rows: number, { newRows, path }: { readonly newRows: NewRows; path: string }): void {
    if (this.#tiedTo !== undefined) return;
    const { current } = original;
    if (current.outFeatures === rows) this.shareFrom(original);
    else this.fill(current.resized(rows, (count) => rowsLike(current, { newRows, count, path })));
  }

  /** Whether a merge replaced the matrix. */
  get isReplaced(): boolean {
    return this.#final !== undefined || this.#replacements.length > 0;
  }

  get current(): FrozenWeight {
    return this.#current.weight;
  }

  /** A copy, [inFeatures, outFeatures] or [rows, width]; the caller disposes of it. */
  read(): tf.Tensor2D {
    const weight = this.current;
    if (this.orientation === "linear") return weight.read();
    return tf.tidy(() => weight.rows(tf.range(0, weight.outFeatures, 1, "int32")));
  }

  /** Computes with `matrix` (layout of `read`) from now on and takes ownership of it. */
  replace(matrix: tf.Tensor2D): Restore {
    const isTable = this.orientation !== "linear";
    const added = new SharedWeight(isTable ? FrozenWeight.fromTransposed(matrix) : frozenLike(this.current, matrix));
    this.#replacements = [...this.#replacements, added];
    return () => {
      if (added === this.#final || !this.#replacements.includes(added)) return;
      this.#replacements = this.#replacements.filter((other) => other !== added);
      added.release();
    };
  }

  /** Frees the values that replacements hid. A base that tied weights share is freed when all of them are replaced for good. */
  forgetReplaced(): void {
    const last = this.#replacements.at(-1);
    if (last === undefined) return;
    this.#final = last;
    for (const weight of this.#replacements) if (weight !== last) weight.release();
    this.#replacements = [last];
    const owner = this.#tiedTo ?? this;
    if ([owner, ...owner.#tied].some((weight) => weight.#final === undefined)) return;
    owner.#base?.release();
    owner.#base = undefined;
  }

  dispose(): void {
    for (const weight of this.#replacements) weight.release();
    this.#replacements = [];
    this.#base?.release();
    this.#base = undefined;
  }

  get #current(): SharedWeight {
    const base = this.#tiedTo === undefined ? this.#base : this.#tiedTo.#base;
    const weight = this.#replacements.at(-1) ?? base;
    if (weight === undefined) throw modelDisposedError();
    return weight;
  }
}

/** Stored in the orientation of the old weight, in which products with a single row read it faster. */
function frozenLike({ stored }: FrozenWeight, matrix: tf.Tensor2D): FrozenWeight {
  if (!stored?.isTransposed) return FrozenWeight.from(matrix);
  const transposed = tf.keep(tf.transpose(matrix));
  matrix.dispose();
  return FrozenWeight.fromTransposed(transposed);
}

/** A frozen matrix that several sites use: repeated layers share their weights, and the last user frees it. */
class SharedWeight {
  #users = 1;

  /** Takes ownership. */
  constructor(readonly weight: FrozenWeight) {}

  /** Adds a user, which must call `release`. */
  retain(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.weight.dispose();
  }
}
