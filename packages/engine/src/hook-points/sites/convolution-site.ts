// y = x ∗ W + b with a frozen kernel. Tensors are [batch, height, width, channels] here and kernels [height, width, in, out];
// files have the channels first, and the parameter is seen as they have it.

import type { ForwardContext, Site } from "@lowrank/contracts";
import {
  type ConvolutionGeometry,
  type OptionNames,
  type ParameterRef,
  type Restore,
  refuseUnknownOptions,
  type SiteValues,
} from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { convolve } from "../../ops/convolve.ts";
import { computeByRows } from "../adapter-rows.ts";
import { ParameterSlot } from "../parameters/parameter-slot.ts";
import { type Part, sameKind, type WeightSlot } from "../weight-slot.ts";
import { OpenSite } from "./open-site.ts";

/** The configuration of a convolution; its tensors are filled in through `slots`. */
export interface ConvolutionSiteOptions {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly geometry: ConvolutionGeometry;
  readonly bias: boolean;
}

const optionNames: OptionNames<ConvolutionSiteOptions> = {
  path: true,
  inFeatures: true,
  outFeatures: true,
  geometry: true,
  bias: true,
};

/** A convolution with a hook point. A kernel with one axis in files (torch's Conv1d) has the height 1 here. */
export class ConvolutionSite extends OpenSite implements Site, Part {
  readonly kind = "convolution";
  readonly role = "body";
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly geometry: ConvolutionGeometry;
  readonly hasBias: boolean;
  readonly fanInFanOut = false;
  readonly slots: readonly WeightSlot[];
  protected readonly weightRef: ParameterSlot;
  protected override readonly biasRef: ParameterSlot | undefined;

  constructor(options: ConvolutionSiteOptions) {
    super();
    refuseUnknownOptions("ConvolutionSite", options, optionNames);
    const { path, inFeatures, outFeatures, geometry } = options;
    this.path = path;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.geometry = geometry;
    this.hasBias = options.bias;
    const spatial = geometry.axesInFile === 1 ? geometry.kernel.slice(1) : geometry.kernel;
    const shape = [outFeatures, inFeatures / geometry.groups, ...spatial];
    this.weightRef = new ParameterSlot(`${path}.weight`, shape, "normal");
    this.biasRef = options.bias ? new ParameterSlot(`${path}.bias`, [outFeatures], "zeros") : undefined;
    this.slots = [...this.weightRef.slots, ...(this.biasRef?.slots ?? [])];
  }

  /** x [batch, height, width, inFeatures], or [batch, time, inFeatures] for a Conv1d → the same axes, adaptations included. */
  forward(x: tf.Tensor, context: ForwardContext): tf.Tensor {
    const hookPoints = this.biasRef === undefined ? [this.weightRef] : [this.weightRef, this.biasRef];
    return computeByRows({ x, context, path: this.path, hookPoints }, (rows, rowContext) =>
      tf.tidy(() => {
        if (rows.rank === 4) return this.#forward(rows, rowContext);
        const [batch = 0, time = 0, channels = 0] = rows.shape;
        const y = this.#forward(tf.reshape(rows, [batch, 1, time, channels]), rowContext);
        return tf.squeeze(y, [1]);
      }),
    );
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
    return tf.tidy(() => convolve(input, this.readWeight(), this.geometry));
  }

  values(context: ForwardContext): SiteValues {
    const weight = this.#computed(this.weightRef.value(context));
    const bias = this.biasRef?.value(context);
    return bias === undefined ? { weight } : { weight, bias };
  }

  /** [height, width, inFeatures/groups, outFeatures] */
  readWeight(): tf.Tensor4D {
    return tf.tidy(() => this.#computed(this.#frozenWeight().read()));
  }

  replaceWeight(weight: tf.Tensor): Restore {
    const stored = tf.tidy(() => tf.reshape(tf.transpose(weight, [3, 2, 0, 1]), [...this.weightRef.shape]));
    weight.dispose();
    return this.#frozenWeight().replace(stored);
  }

  get isReplaced(): boolean {
    return this.weightRef.isReplaced;
  }

  shareFrom(original: Part): void {
    const site = sameKind(original, ConvolutionSite);
    this.weightRef.shareFrom(site.weightRef);
    if (site.biasRef !== undefined) this.biasRef?.shareFrom(site.biasRef);
  }

  dispose(): void {
    this.weightRef.dispose();
    this.biasRef?.dispose();
  }

  #forward(input: tf.Tensor, context: ForwardContext): tf.Tensor {
    const { weight, bias } = this.values(context);
    const product = convolve(input, weight, this.geometry); // [batch, newHeight, newWidth, outFeatures]
    const output = bias === undefined ? product : tf.add(product, bias);
    if (!this.adaptations.isAdapted(context)) return output;
    return this.adaptations.apply({ input, output, site: this, context });
  }

  #frozenWeight(): ParameterRef {
    return this.weightRef.parameters()[0]!;
  }

  /** From the layout of files to HWIO. */
  #computed(stored: tf.Tensor): tf.Tensor4D {
    const { groups, kernel } = this.geometry;
    const lifted = tf.reshape<tf.Rank.R4>(stored, [this.outFeatures, this.inFeatures / groups, ...kernel]);
    return tf.transpose(lifted, [2, 3, 1, 0]);
  }
}
