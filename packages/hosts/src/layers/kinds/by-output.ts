// Layers with one product, whose output adapters change. The frozen product is computed by the layer's own kernels, bit for bit. Only
// its gradient is ours: for the input only, and without saved tensors.

import { withGradients } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activationOf, onlyTensor } from "../foreign-layer.ts";
import { type LayerCall, overrideIn, parameterIn } from "../layer-kind.ts";
import { identityLike, type TemporaryValue, withActivation, withValues } from "../temporary-values.ts";

/** The product of a class of layers. */
export interface Product {
  /** The name of the weight in its layer. */
  readonly weight: string;
  /** Converts the layer's input for adapters, if needed. */
  toSite?(call: LayerCall, x: tf.Tensor): tf.Tensor;
  /** Converts the layer's product for adapters. It is its own inverse. */
  outputToSite?(product: tf.Tensor): tf.Tensor;
  /** The gradient of the product for x. The weight has the layer's own layout. */
  inputGradient(
    call: LayerCall,
    given: { readonly dy: tf.Tensor; readonly x: readonly number[]; readonly weight: tf.Tensor },
  ): tf.Tensor;
}

/** Computes the layer: activation(product + bias + updates of the adapters). */
export function callByOutput(call: LayerCall, product: Product): tf.Tensor {
  const { sites, layer, context } = call;
  const [site] = sites;
  const x = onlyTensor(call.inputs);
  let output = productOf(call, x, product);
  if (site?.isAdapted(context)) {
    const { toSite, outputToSite = (tensor) => tensor } = product;
    const adapted = site.adapt(toSite?.(call, x) ?? x, outputToSite(output), context);
    output = tf.reshape(adapted, output.shape);
  }
  return activationOf(layer)?.apply(output) ?? output;
}

function productOf(call: LayerCall, x: tf.Tensor, { weight: name, inputGradient }: Product): tf.Tensor {
  const { layer, settings } = call;
  const weight = overrideIn(call, name);
  const bias = overrideIn(call, "bias");
  const none = identityLike(activationOf(layer));
  const compute = () =>
    withValues([...reading(call, name, weight), ...reading(call, "bias", bias)], () =>
      withActivation(layer, none, () => onlyTensor(call.original(x, settings))),
    );
  // A weight that is trained in full needs a gradient, so the plain operations are used.
  if (weight !== undefined) return compute();
  return withGradients({
    inputs: { x, ...(bias === undefined ? {} : { bias }) },
    forward: () => ({ value: compute(), saved: [] }),
    backward: (dy) => ({
      x: () => tf.tidy(() => inputGradient(call, { dy, x: x.shape, weight: parameterIn(call, name)!.variable.read() })),
      bias: () =>
        tf.sum(
          dy,
          dy.shape.slice(0, -1).map((_, axis) => axis),
        ),
    }),
  });
}

function reading(call: LayerCall, name: string, value: tf.Tensor | undefined): readonly TemporaryValue[] {
  const variable = parameterIn(call, name)?.variable;
  return variable === undefined || value === undefined ? [] : [[variable, value]];
}
