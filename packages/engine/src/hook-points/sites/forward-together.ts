// Several linear layers of one input: queries, keys and values, or a gate and the projection next to it.

import type { ForwardContext } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import { adaptedLinears } from "../../ops/adapted-linear.ts";
import type { LinearSite } from "./linear-site.ts";

/** Each site's `forward` of the same input; in one computation where the engine has one for products or branches of an input. */
export function forwardTogether(sites: readonly LinearSite[], x: tf.Tensor, context: ForwardContext) {
  return productTogether(sites, x, context) ?? branchesTogether(sites, x, context);
}

function branchesTogether(sites: readonly LinearSite[], x: tf.Tensor, context: ForwardContext) {
  const adapted = sites.map((site) => site.adaptedParts(context));
  const outputs = adaptedLinears(
    x,
    adapted.filter((parts) => parts !== undefined),
  )?.values();
  return sites.map((site, index) => (adapted[index] && outputs?.next().value) ?? site.forward(x, context));
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
