// A site of a host model. Adapters change the layer's output or, if the output is not accessible, the weight itself.

import type { ForwardContext, Site } from "@lowrank/contracts";
import type {
  Adaptation,
  ConvolutionGeometry,
  Detach,
  ParameterRef,
  Restore,
  SiteValues,
} from "@lowrank/contracts/internal";
import { AdaptationSlots } from "@lowrank/engine/hook-points";
import { convolve } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { HostParameter } from "./host-parameter.ts";
import type { SharedPatch } from "./shared-patch.ts";

export interface HostSiteOptions {
  readonly kind: Site["kind"];
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** For a convolution. Its padding is [0, 0], because adaptations receive an input that is padded already. */
  readonly geometry?: ConvolutionGeometry;
  /** In the layout [inFeatures, outFeatures], or HWIO for a convolution. */
  readonly weight: HostParameter;
  /** The bias of the output; absent if adaptations change the weight only. */
  readonly bias?: HostParameter | undefined;
  /** Whether it is adapted only if a target names it. Default false. */
  readonly isOptIn?: boolean | undefined;
  readonly patch: SharedPatch;
}

export class HostSite implements Site {
  readonly kind: Site["kind"];
  readonly path: string;
  readonly role = "body";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly geometry?: ConvolutionGeometry;
  readonly hasBias: boolean;
  readonly biasPath?: string;
  readonly fanInFanOut = false;
  readonly isOptIn: boolean;
  readonly weight: HostParameter;
  readonly bias: HostParameter | undefined;
  readonly #patch: SharedPatch;
  readonly #slots = new AdaptationSlots();

  constructor(options: HostSiteOptions) {
    const { geometry, bias } = options;
    this.kind = options.kind;
    this.path = options.path;
    this.inFeatures = options.inFeatures;
    this.outFeatures = options.outFeatures;
    if (geometry !== undefined) this.geometry = geometry;
    this.hasBias = bias !== undefined;
    if (bias !== undefined) this.biasPath = bias.path;
    this.isOptIn = options.isOptIn ?? false;
    this.weight = options.weight;
    this.bias = bias;
    this.#patch = options.patch;
  }

  get isReplaced(): boolean {
    return this.weight.weight.isReplaced;
  }

  attach(adapterName: string, adaptation: Adaptation): Detach {
    return this.#patch.acquire(this.#slots.attach(adapterName, adaptation));
  }

  /** Whether `adapt` or `adaptedWeight` would change anything in this call. */
  isAdapted(context: ForwardContext): boolean {
    return this.#slots.isAdapted(context);
  }

  variables(context: ForwardContext): readonly tf.Variable[] {
    return this.#slots.variables(context);
  }

  /** The output with the updates of the adapters. */
  adapt(input: tf.Tensor, output: tf.Tensor, context: ForwardContext): tf.Tensor {
    return this.#slots.apply({ input, output, site: this, context });
  }

  /**
   * The weight [inFeatures, outFeatures] with the updates of the adapters, for layers that use it in their own way. It is computed by
   * applying the adapted linear layer to the identity matrix. Dropout does not act, because there are no inputs.
   */
  adaptedWeight(context: ForwardContext): tf.Tensor {
    const output = this.weight.value(context);
    const input = tf.eye(this.inFeatures);
    return this.adapt(input, output, { ...context, training: false });
  }

  applyBase(input: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const weight = this.weight.read();
      if (this.geometry !== undefined) return convolve(input, weight, this.geometry);
      if (this.kind === "embedding") return tf.gather(weight, input);
      const rows = tf.reshape<tf.Rank.R2>(input, [input.size / this.inFeatures, this.inFeatures]);
      const product = tf.matMul(rows, weight as tf.Tensor2D); // seen as a matrix
      return tf.reshape(product, [...input.shape.slice(0, -1), this.outFeatures]);
    });
  }

  values(context: ForwardContext): SiteValues {
    const weight = this.weight.value(context);
    return this.bias === undefined ? { weight } : { weight, bias: this.bias.value(context) };
  }

  readWeight(): tf.Tensor {
    return this.weight.read();
  }

  replaceWeight(weight: tf.Tensor): Restore {
    return this.weight.replace(weight);
  }

  parameters(): readonly ParameterRef[] {
    return this.bias === undefined ? [this.weight] : [this.weight, this.bias];
  }
}
