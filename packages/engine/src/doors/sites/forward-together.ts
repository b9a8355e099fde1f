// Several linear maps of one input: queries, keys and values, or a gate and what it lets through.

import type { ForwardContext } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import type { LinearSite } from "./linear-site.ts";

/** Each site's `forward` of the same input; one product where all are frozen blocks and rounding is allowed. */
export function forwardTogether(sites: readonly LinearSite[], x: tf.Tensor, context: ForwardContext) {
  return productTogether(sites, x, context) ?? sites.map((site) => site.forward(x, context));
}

function productTogether(sites: readonly LinearSite[], x: tf.Tensor, context: ForwardContext) {
  if (context.adapters.kind === "rows") return undefined;
  const weights = [];
  for (const site of sites) {
    const frozen = site.frozenParts(context);
    if (frozen === undefined || frozen.bias !== undefined) return undefined;
    weights.push(frozen.weight);
  }
  const [first, ...others] = weights;
  return first?.multiplyRoundedWith(others, x);
}
