// The part of attention's graphs that does not depend on the layout of heads: from scores to weights, and back.

import type { GraphWriter } from "../../kernels/graph.ts";

export interface ScoreSettings {
  readonly scale: number;
  /** 0 if scores have no soft cap. */
  readonly cap: number;
  readonly hasMask: boolean;
  /** Whether weights drop out: the graph has an input "factors". */
  readonly drops: boolean;
}

/** Names of values in a graph, [.., queryTime, keyTime] each. */
export interface Weights {
  readonly weights: string;
  /** The same, some of them dropped. */
  readonly dropped: string;
  /** tanh(score/cap), which the gradient needs; undefined without a soft cap. */
  readonly squashed: string | undefined;
}

/** softmax(bound(query·keyᵀ·scale)); `softmax` adds the mask, too. */
export function weightsOf(
  g: GraphWriter,
  { scale, cap, drops }: ScoreSettings,
  { query, key }: { readonly query: string; readonly key: string },
  softmax: (scores: string) => string,
): Weights {
  const plain = g.product(query, key, { transB: true, alpha: cap === 0 ? scale : scale / cap });
  const squashed = cap === 0 ? undefined : g.node("Tanh", [plain]);
  const weights = softmax(squashed === undefined ? plain : g.scale(squashed, cap));
  return { weights, dropped: drops ? g.multiply(weights, "factors") : weights, squashed };
}

/** The gradient of query·keyᵀ, without the scale. */
export function scoreGradient(
  g: GraphWriter,
  { weights, dropped, squashed }: Weights,
  { dy, value }: { readonly dy: string; readonly value: string },
): string {
  const weighted = g.multiply(g.product(dy, value, { transB: true }), dropped);
  const unbounded = g.subtract(weighted, g.multiply(weights, g.rowSum(weighted)));
  if (squashed === undefined) return unbounded;
  return g.multiply(unbounded, g.subtract(g.constant(1), g.multiply(squashed, squashed)));
}
