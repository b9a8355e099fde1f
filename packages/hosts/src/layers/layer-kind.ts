// What a class of layers has to say about itself: one row each. What has none is adapted by the weight.

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
  /** Of a convolution: channels. Default: what the view has. */
  readonly inFeatures?: number;
  /** The name of the bias that is part of the output which adapters add to; absent where they see the weight alone. */
  readonly bias?: string | undefined;
  /** Whether it is adapted only where it is named. Default false. */
  readonly isMinor?: boolean;
}

/** A door of a layer and the variable behind it. */
export interface LayerParameter {
  readonly name: string;
  readonly variable: LayerVariable;
  readonly parameter: HostParameter;
  /** Whether nothing ever trains it: a moving average. */
  readonly isBuffer: boolean;
}

/** What a layer is to its host. */
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
  /** Where adapters can act; names of weights decide where the answer is one for all. */
  outlines(layer: ForeignLayer, variables: ReadonlyMap<string, LayerVariable>): readonly SiteOutline[];
  /** Computes what the layer computes, and what adapters add. Call it inside a tidy. */
  call(call: LayerCall): Tensors;
  /** Whether the layer computes otherwise than by itself even where no adapter acts on it while others train. */
  readonly isFrozenByUs?: boolean;
}

export function parameterIn({ parameters }: HostedLayer, name: string): LayerParameter | undefined {
  return parameters.find((one) => one.name === name);
}

/** The value of a weight in this call and in the layer's own layout, if it is another than the model's. */
export function overrideIn(call: LayerCall, name: string): tf.Tensor | undefined {
  const parameter = parameterIn(call, name)?.parameter;
  const seen = parameter?.overrideFor(call.context);
  return seen === undefined ? undefined : parameter?.weight.view.fromView(seen);
}
