// The matrix of a site: frozen, perhaps shared with the site it is tied to, perhaps replaced by a merge.

import type { Restore } from "@lowrank/contracts";
import { FrozenWeight } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { ModelDisposedError } from "../errors.ts";

/** Which way round a site multiplies: a linear site by W, an embedding by the transposed view of a head's W. */
export type Orientation = "linear" | "table";

export class SiteWeight {
  #base: FrozenWeight | undefined;
  readonly #twin: SiteWeight | undefined;
  #replacements: readonly FrozenWeight[] = [];

  /**
   * @param orientation "linear" counts [inFeatures, outFeatures]; "table" counts [rows, width] of the same matrix seen
   * transposed.
   * @param twin whose base this weight shares; a replacement here then leaves the twin as it was.
   */
  constructor(
    readonly orientation: Orientation,
    twin?: SiteWeight,
  ) {
    this.#twin = twin;
  }

  /** Takes ownership. */
  fill(weight: FrozenWeight): void {
    this.#base = weight;
  }

  get current(): FrozenWeight {
    const weight = this.#replacements.at(-1) ?? this.#shared;
    if (weight === undefined) throw new ModelDisposedError();
    return weight;
  }

  /** A copy, [inFeatures, outFeatures] or [rows, width]; the caller disposes of it. */
  read(): tf.Tensor2D {
    const weight = this.current;
    if (this.orientation === "linear") return weight.read();
    return tf.tidy(() => weight.rows(tf.range(0, weight.outFeatures, 1, "int32")));
  }

  /** Computes with `matrix` (layout of `read`) from now on and takes ownership of it. */
  replace(matrix: tf.Tensor2D): Restore {
    const added = this.orientation === "linear" ? FrozenWeight.from(matrix) : FrozenWeight.fromTransposed(matrix);
    this.#replacements = [...this.#replacements, added];
    return () => {
      if (!this.#replacements.includes(added)) return;
      this.#replacements = this.#replacements.filter((other) => other !== added);
      added.dispose();
    };
  }

  dispose(): void {
    for (const weight of this.#replacements) weight.dispose();
    this.#replacements = [];
    this.#base?.dispose();
    this.#base = undefined;
  }

  get #shared(): FrozenWeight | undefined {
    return this.#twin === undefined ? this.#base : this.#twin.#base;
  }
}
