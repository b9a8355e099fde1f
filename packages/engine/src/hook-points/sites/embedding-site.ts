// Rows of a table by id: tokens, positions, segments. An output head may share the table.

import type { ForwardContext, Site } from "@lowrank/contracts";
import { type OptionNames, type Restore, refuseUnknownOptions, type SiteValues } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../../frozen-weight.ts";
import { embeddingLookup } from "../../ops/embedding-lookup.ts";
import { computeByRows } from "../adapter-rows.ts";
import type { NewRows } from "../new-rows.ts";
import { SiteWeight } from "../parameters/site-weight.ts";
import { WeightParameter } from "../parameters/weight-parameter.ts";
import { type Part, sameKind, type WeightSlot } from "../weight-slot.ts";
import { OpenSite } from "./open-site.ts";

/** The configuration of an embedding, before it has a table. */
export interface EmbeddingSiteOptions {
  readonly path: string;
  /** Rows of the table. */
  readonly rows: number;
  /** Width of a row. */
  readonly width: number;
  readonly role?: "body" | "input-embedding";
  /** Path of the output head that shares the table. */
  readonly tiedWith?: string;
  /** The embedding whose table is this one (T5's two stacks). */
  readonly tiedTo?: EmbeddingSite;
  /** The row that look-ups do not train, whatever tunes the table. */
  readonly paddingRow?: number;
  /** The looked-up rows are multiplied by this (Gemma). */
  readonly outputScale?: number;
}

const optionNames: OptionNames<EmbeddingSiteOptions> = {
  path: true,
  rows: true,
  width: true,
  role: true,
  tiedWith: true,
  tiedTo: true,
  paddingRow: true,
  outputScale: true,
};

/** A table whose rows are looked up, with a hook point. Ids [batch, time] int32 → [batch, time, width]. */
export class EmbeddingSite extends OpenSite implements Site, Part {
  readonly kind = "embedding";
  readonly path: string;
  readonly role: "body" | "input-embedding";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias = false;
  readonly fanInFanOut = false;
  readonly tiedWith?: string;
  readonly paddingRow?: number;
  readonly outputScale: number;
  readonly slots: readonly WeightSlot[];
  /** [rows, width], kept as the transposed view of a head's weight [width, rows]. */
  readonly weight: SiteWeight;
  protected readonly weightRef: WeightParameter;

  constructor(options: EmbeddingSiteOptions) {
    super();
    refuseUnknownOptions("EmbeddingSite", options, optionNames);
    const { path, rows, width, tiedTo } = options;
    const tiedWith = tiedTo?.path ?? options.tiedWith;
    this.weight = new SiteWeight("table", tiedTo?.weight);
    this.path = path;
    this.role = options.role ?? "body";
    this.inFeatures = rows;
    this.outFeatures = width;
    this.outputScale = options.outputScale ?? 1;
    if (tiedWith !== undefined) this.tiedWith = tiedWith;
    if (options.paddingRow !== undefined) this.paddingRow = options.paddingRow;
    this.weightRef = new WeightParameter({
      path: `${path}.weight`,
      shape: [rows, width],
      transposedInFile: false,
      weight: this.weight,
      ...(tiedWith === undefined ? {} : { tiedWith: `${tiedWith}.weight` }),
    });
    const slot: WeightSlot = {
      path: `${path}.weight`,
      shape: [rows, width],
      initial: "normal",
      // The slot's shape was checked against the file: it is a matrix.
      fill: (tensor) => this.weight.fill(FrozenWeight.fromTransposed(tensor as tf.Tensor2D)),
      packing: {
        kind: "table-or-head",
        fill: (matrix) => this.weight.fill(FrozenWeight.fromTransposed(matrix)),
        roundLogits: () => this.weight.current.roundLogits(),
      },
    };
    this.slots = tiedTo === undefined ? [slot] : [];
  }

  /** ids [batch, time] int32 → [batch, time, width], adaptations included. */
  forward(ids: tf.Tensor, context: ForwardContext): tf.Tensor {
    const call = { x: ids, context, path: this.path, hookPoints: [this.weightRef] };
    return computeByRows(call, (rows, rowContext) => this.#forward(rows, rowContext));
  }

  /** Memory of the table. */
  get weightBytes(): number {
    return this.weight.current.bytes;
  }

  applyBase(input: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.#scaled(embeddingLookup(this.weight.current, input)));
  }

  values(context: ForwardContext): SiteValues {
    return { weight: this.weightRef.overrideFor(context) ?? this.weight.read() };
  }

  readWeight(): tf.Tensor2D {
    return this.weight.read();
  }

  replaceWeight(weight: tf.Tensor): Restore {
    return this.weightRef.replace(weight);
  }

  shareFrom(original: Part): void {
    this.weight.shareFrom(sameKind(original, EmbeddingSite).weight);
  }

  resizeFrom(original: Part, newRows: NewRows): void {
    const { weight } = sameKind(original, EmbeddingSite);
    this.weight.resizeFrom(weight, this.inFeatures, { newRows, path: `${this.path}.weight` });
  }

  get isReplaced(): boolean {
    return this.weight.isReplaced;
  }

  dispose(): void {
    this.weight.dispose();
  }

  #forward(ids: tf.Tensor, context: ForwardContext): tf.Tensor {
    return tf.tidy(() => {
      const table = this.weightRef.overrideFor(context) ?? this.weight.current;
      const output = this.#scaled(embeddingLookup(table, ids, { paddingRow: this.paddingRow }));
      if (!this.adaptations.isAdapted(context)) return output;
      return this.adaptations.apply({ input: ids, output, site: this, context });
    });
  }

  #scaled(rows: tf.Tensor): tf.Tensor {
    return this.outputScale === 1 ? rows : tf.mul(rows, this.outputScale);
  }
}
