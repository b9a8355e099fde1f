// The description of a class of layers: one row each. Classes without a row compute with adapted weights.

import type { ForwardContext, Site } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import type { HostParameter } from "../hook-points/host-parameter.ts";
import type { HostSite } from "../hook-points/host-site.ts";
import type { WeightView } from "../hook-points/host-weight.ts";
import type { CallSettings, ForeignLayer, LayerVariable, Tensors } from "./foreign-layer.ts";

/** A weight where adapters can act. */
export interface SiteOutline extends Pick<Site, "kind" | "geometry"> {
  /** The weight's name in its layer. */
  readonly weight: string;
  /** [inFeatures, outFeatures], or HWIO for a convolution. */
  readonly view: WeightView;
  /** The input channels of a convolution. Default: the first size of the view. */
  readonly inFeatures?: number;
  /** The name of the bias in the output that adapters change; absent if they change the weight only. */
  readonly bias?: string | undefined;
  /** Whether it is adapted only if a target names it. Default false. */
  readonly isOptIn?: boolean;
}

export interface LayerParameter {
  readonly name: string;
  readonly variable: LayerVariable;
  readonly parameter: HostParameter;
  /** Whether it is never trained, such as a moving average. */
  readonly isBuffer: boolean;
}

export interface HostedLayer {
  readonly layer: ForeignLayer;
  readonly path: string;
  readonly kind: LayerKind;
  readonly parameters: readonly LayerParameter[];
  readonly sites: readonly HostSite[];
}

export interface LayerCall extends HostedLayer {
  readonly inputs: Tensors;
  readonly settings: CallSettings;
  readonly context: ForwardContext;
  original(inputs: Tensors, settings: CallSettings): Tensors;
}

export interface LayerKind {
  /** The layer's sites. */
  outlines(layer: ForeignLayer, variables: ReadonlyMap<string, LayerVariable>): readonly SiteOutline[];
  /** Computes the layer with its adapters. Call it inside a tidy. */
  call(call: LayerCall): Tensors;
  /** Whether `call` is used in training also without an adapter: for its gradient, or for frozen statistics. */
  readonly replacesInTraining?: boolean;
}

export function parameterIn({ parameters }: HostedLayer, name: string): LayerParameter | undefined {
  return parameters.find((parameter) => parameter.name === name);
}

/** The overridden value of a weight in this call, in the layer's own layout; undefined if it is not overridden. */
export function overrideIn(call: LayerCall, name: string): tf.Tensor | undefined {
  const parameter = parameterIn(call, name)?.parameter;
  const value = parameter?.overrideFor(call.context);
  return value === undefined ? undefined : parameter?.weight.view.fromView(value);
}
