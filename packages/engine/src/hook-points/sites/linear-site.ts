// y = x·W + b with a frozen W: the most common hook point.

import type { ForwardContext, Site } from "@lowrank/contracts";
import {
  type LowRankBranch,
  type OptionNames,
  type Restore,
  refuseUnknownOptions,
  type SiteValues,
} from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../../frozen-weight.ts";
import { type AdaptedLinearParts, adaptedLinears, hasAdaptedLinear } from "../../ops/adapted-linear.ts";
import { frozenLinear } from "../../ops/frozen-linear.ts";
import type { PackedMatrix } from "../../packed/packed-matrix.ts";
import { computeByRows } from "../adapter-rows.ts";
import type { NewRows } from "../new-rows.ts";
import { ParameterSlot } from "../parameters/parameter-slot.ts";
import { SiteWeight } from "../parameters/site-weight.ts";
import { WeightParameter } from "../parameters/weight-parameter.ts";
import { type Part, sameKind, type WeightSlot } from "../weight-slot.ts";
import type { EmbeddingSite } from "./embedding-site.ts";
import { OpenSite } from "./open-site.ts";

/** The configuration of a linear layer, before it has a weight. */
export interface LinearSiteOptions {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** The bias's path if it is not `<path>.bias` (BERT's masked-language head). */
  readonly biasPath?: string;
  /** "conv1d" is GPT-2's layout, [inFeatures, outFeatures]; torch's linear layers store [outFeatures, inFeatures]. */
  readonly layout?: "linear" | "conv1d";
  readonly role?: "body" | "output-head";
  /** The embedding whose table is this weight. */
  readonly tiedTo?: EmbeddingSite;
}

const optionNames: OptionNames<LinearSiteOptions> = {
  path: true,
  inFeatures: true,
  outFeatures: true,
  bias: true,
  biasPath: true,
  layout: true,
  role: true,
  tiedTo: true,
};

/** A frozen product and its added branches. */
export interface LowRankParts {
  readonly weight: FrozenWeight;
  readonly bias: tf.Tensor | undefined;
  readonly branches: readonly LowRankBranch[];
}

/** A linear layer x·W + b with a hook point. x [batch, time, inFeatures] → [batch, time, outFeatures]. */
export class LinearSite extends OpenSite implements Site, Part {
  readonly kind = "linear";
  readonly path: string;
  readonly role: "body" | "output-head";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly biasPath?: string;
  readonly fanInFanOut: boolean;
  readonly tiedWith?: string;
  readonly slots: readonly WeightSlot[];
  readonly #weight: SiteWeight;
  protected readonly weightRef: WeightParameter;
  protected override readonly biasRef: ParameterSlot | undefined;

  constructor(options: LinearSiteOptions) {
    super();
    refuseUnknownOptions("LinearSite", options, optionNames);
    const { path, inFeatures, outFeatures, tiedTo } = options;
    this.path = path;
    this.role = options.role ?? "body";
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.hasBias = options.bias;
    this.fanInFanOut = options.layout === "conv1d";
    if (tiedTo !== undefined) this.tiedWith = tiedTo.path;
    this.#weight = new SiteWeight("linear", tiedTo?.weight);
    this.weightRef = new WeightParameter({
      path: `${path}.weight`,
      shape: [inFeatures, outFeatures],
      transposedInFile: !this.fanInFanOut,
      weight: this.#weight,
      ...(tiedTo === undefined ? {} : { tiedWith: `${tiedTo.path}.weight` }),
    });
    if (options.biasPath !== undefined) this.biasPath = options.biasPath;
    const biasPath = options.biasPath ?? `${path}.bias`;
    this.biasRef = options.bias ? new ParameterSlot(biasPath, [outFeatures], "zeros") : undefined;
    this.slots = [...(tiedTo === undefined ? [this.#weightSlot()] : []), ...(this.biasRef?.slots ?? [])];
  }

  /** x [batch, time, inFeatures] or [rows, inFeatures] → the same with outFeatures, adaptations included. */
  forward(input: tf.Tensor, context: ForwardContext): tf.Tensor {
    const hookPoints = this.biasRef === undefined ? [this.weightRef] : [this.weightRef, this.biasRef];
    return computeByRows({ x: input, context, path: this.path, hookPoints }, (...call) => this.#forward(...call));
  }

  /** Memory of the matrix; of a tied one, that of the embedding's. */
  get weightBytes(): number {
    return this.#weight.current.bytes;
  }

  /** The frozen weight and bias, if this call computes with these alone: the loss may then work in chunks. */
  frozenParts(context: ForwardContext): { readonly weight: FrozenWeight; readonly bias?: tf.Tensor } | undefined {
    if (this.isAdapted(context)) return undefined;
    const bias = this.biasRef?.value(context);
    return bias === undefined ? { weight: this.#weight.current } : { weight: this.#weight.current, bias };
  }

  /**
   * The parts of this call, if it computes the frozen product, a bias, and low-rank branches that are added to it; undefined for any
   * other computation.
   */
  lowRankParts(context: ForwardContext): LowRankParts | undefined {
    if (this.computesWithOthers(context)) return undefined;
    const branches = this.adaptations.isAdapted(context) ? this.adaptations.lowRanks(context) : [];
    if (branches === undefined) return undefined;
    return { weight: this.#weight.current, bias: this.biasRef?.value(context), branches };
  }

  /** What this call computes if that is the frozen product and one low-rank branch, and the engine computes both together. */
  adaptedParts(context: ForwardContext): AdaptedLinearParts | undefined {
    if (!hasAdaptedLinear()) return undefined;
    const { weight, bias, branches = [] } = this.lowRankParts(context) ?? {};
    const [branch, ...others] = branches;
    if (weight === undefined || branch === undefined || branch.rows !== undefined || others.length > 0)
      return undefined;
    return { ...branch, weight, bias };
  }

  /** The weight of this call, if one weight replaces the frozen one for the whole batch and nothing is added to its output. Call it inside a tidy. */
  trainedParts(context: ForwardContext): { readonly weight: tf.Tensor2D; readonly bias?: tf.Tensor } | undefined {
    if (context.adapters.kind === "rows" || this.adaptations.isAdapted(context)) return undefined;
    const weight = this.weightRef.overrideFor(context);
    if (weight === undefined) return undefined;
    const bias = this.biasRef?.value(context);
    return bias === undefined ? { weight } : { weight, bias };
  }

  /**
   * Adds this call's adapters to an output that was computed elsewhere from the frozen weight and bias; undefined if one of them
   * changes the weight or bias. `output` only runs if it is needed; the caller owns its result.
   */
  adapt(input: tf.Tensor, output: () => tf.Tensor, context: ForwardContext): tf.Tensor | undefined {
    if (this.computesWithOthers(context)) return undefined;
    return this.adaptations.apply({ input, output: output(), site: this, context });
  }

  applyBase(input: tf.Tensor): tf.Tensor {
    return frozenLinear(input, this.#weight.current);
  }

  values(context: ForwardContext): SiteValues {
    const weight = this.weightRef.overrideFor(context) ?? this.#weight.read();
    const bias = this.biasRef?.value(context);
    return bias === undefined ? { weight } : { weight, bias };
  }

  weightIdentity(context: ForwardContext): object | undefined {
    return this.weightRef.isAdapted(context) ? undefined : this.#weight.current;
  }

  readWeight(): tf.Tensor2D {
    return this.#weight.read();
  }

  replaceWeight(weight: tf.Tensor): Restore {
    return this.weightRef.replace(weight);
  }

  shareFrom(original: Part): void {
    const site = sameKind(original, LinearSite);
    this.#weight.shareFrom(site.#weight);
    if (site.biasRef !== undefined) this.biasRef?.shareFrom(site.biasRef);
  }

  resizeFrom(original: Part, newRows: NewRows): void {
    const site = sameKind(original, LinearSite);
    this.#weight.resizeFrom(site.#weight, this.outFeatures, { newRows, path: `${this.path}.weight` });
    // transformers fills up a tied head's bias with zeros when it ties the weights again.
    if (site.biasRef !== undefined)
      this.biasRef?.resizeFrom(site.biasRef, this.tiedWith === undefined ? newRows : "zeros");
  }

  get isReplaced(): boolean {
    return this.#weight.isReplaced;
  }

  dispose(): void {
    this.#weight.dispose();
    this.biasRef?.dispose();
  }

  #forward(input: tf.Tensor, context: ForwardContext): tf.Tensor {
    return tf.tidy(() => {
      const adapted = this.adaptedParts(context);
      const [together] = (adapted && adaptedLinears(input, [adapted])) ?? [];
      if (together !== undefined) return together;
      const bias = this.biasRef?.value(context);
      const override = this.weightRef.overrideFor(context);
      const output =
        override === undefined
          ? frozenLinear(input, this.#weight.current, bias)
          : trainableLinear(input, override, bias);
      if (!this.adaptations.isAdapted(context)) return output;
      return this.adaptations.apply({ input, output, site: this, context });
    });
  }

  #weightSlot(): WeightSlot {
    return {
      path: `${this.path}.weight`,
      shape: this.fanInFanOut ? [this.inFeatures, this.outFeatures] : [this.outFeatures, this.inFeatures],
      initial: "normal",
      // The slot's shape was checked against the file: it is a matrix.
      fill: (tensor) => this.#fill(tensor as tf.Tensor2D),
      packing:
        this.role === "body"
          ? {
              kind: "body",
              layout: this.fanInFanOut ? "in-out" : "out-in",
              fill: (matrix) =>
                matrix.kind === "int8" ? this.#weight.fill(FrozenWeight.fromInt8(matrix)) : this.#fill(matrix),
            }
          : {
              kind: "table-or-head",
              fill: (matrix) => this.#fill(matrix),
              roundLogits: () => this.#weight.current.roundLogits(),
            },
    };
  }

  #fill(matrix: tf.Tensor2D | PackedMatrix): void {
    this.#weight.fill(this.fanInFanOut ? FrozenWeight.from(matrix) : FrozenWeight.fromTransposed(matrix));
  }
}

/** x·W + b for a trained W: plain operations, so that it gets its gradient. */
function trainableLinear(input: tf.Tensor, weight: tf.Tensor2D, bias: tf.Tensor | undefined): tf.Tensor {
  const [inFeatures, outFeatures] = weight.shape;
  const rows = tf.reshape<tf.Rank.R2>(input, [input.size / inFeatures, inFeatures]); // [batch·time, inFeatures]
  const product = tf.matMul(rows, weight);
  const output = bias === undefined ? product : tf.add(product, bias);
  return tf.reshape(output, [...input.shape.slice(0, -1), outFeatures]);
}
