// A mixture of experts (Shazeer et al. 2017; Jiang et al. 2024): a router chooses a few feed-forwards for each token, which compute
// that token's row alone, and their outputs are added up by the router's shares.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { groupedProduct } from "./grouped-product.ts";
import { type Routing, routeTokens } from "./route-tokens.ts";
import type { RoutingRecord } from "./routing-record.ts";

interface ExpertLinear {
  /** [experts, outFeatures, inFeatures], or [experts, inFeatures, outFeatures] if `isInOut`. */
  readonly weight: ParameterSlot;
  readonly isInOut?: boolean;
  /** [experts, outFeatures] */
  readonly bias?: ParameterSlot | undefined;
}

/** Scores by a linear layer: [experts, width] and [experts]. */
interface LinearRouter {
  readonly weight: ParameterSlot;
  readonly bias?: ParameterSlot | undefined;
}

type HookPoint = Parameters<typeof computeByRows>[0]["hookPoints"][number];

/** Scores by more than that: from x [tokens, width] to [tokens, experts]. */
interface ComputedRouter {
  readonly hookPoints: readonly HookPoint[];
  readonly scores: (x: tf.Tensor2D, context: ForwardContext) => tf.Tensor2D;
}

/** From scores [tokens, experts] to the chosen experts and their weights, if these are not the softmax of the highest scores. */
export interface RoutingRule {
  readonly hookPoints?: readonly HookPoint[];
  /** The numbers by which experts are chosen, [tokens, experts]; the scores unless given. */
  readonly choice?: (scores: tf.Tensor2D, context: ForwardContext) => tf.Tensor2D;
  /** [tokens, perToken]; `pick` takes the chosen of [tokens or 1, experts]. */
  readonly shares: (scores: tf.Tensor2D, pick: (values: tf.Tensor) => tf.Tensor, context: ForwardContext) => tf.Tensor;
}

export interface ExpertMixtureOptions {
  /** Its path in the model, for messages. */
  readonly path: string;
  readonly router: LinearRouter | ComputedRouter;
  /** Normalizes the experts' input, which the router reads before. */
  readonly norm?: Norm;
  readonly gateUp: ExpertLinear;
  readonly down: ExpertLinear;
  /** From [rows, 2·inner] to [rows, inner]. */
  readonly gate: (gateUp: tf.Tensor2D) => tf.Tensor2D;
  readonly perToken: number;
  /** Whether the shares of a token's experts add up to 1; else they are shares among all experts. */
  readonly normTopkProb: boolean;
  /** Replaces the softmax rule. */
  readonly rule?: RoutingRule;
}

/** hidden [batch, time, width] → the same shape. */
export function expertMixture(options: ExpertMixtureOptions): Layer {
  const { path, router, gateUp, down, norm, rule } = options;
  const slots = [gateUp.weight, gateUp.bias, down.weight, down.bias, norm].filter((slot) => slot !== undefined);
  const hookPoints = [...hookPointsOf(router), ...slots, ...(rule?.hookPoints ?? [])];
  return (hidden, pass) => {
    if (pass.routing !== undefined) record(pass.routing, options, { hidden, pass });
    return computeByRows({ x: hidden, context: pass.context, path, hookPoints }, (rows, rowContext) =>
      tf.tidy(() => tf.reshape(mix(asTokens(rows), options, rowContext), rows.shape)),
    );
  };
}

function hookPointsOf(router: ExpertMixtureOptions["router"]): readonly HookPoint[] {
  if ("scores" in router) return router.hookPoints;
  return router.bias === undefined ? [router.weight] : [router.weight, router.bias];
}

/** Records the scores. They are computed again, because the adapters of single rows may choose experts for those rows only. */
function record(
  routing: RoutingRecord,
  { path, router, perToken }: ExpertMixtureOptions,
  { hidden, pass }: { readonly hidden: tf.Tensor; readonly pass: Pass },
): void {
  const hookPoints = hookPointsOf(router);
  const [batch = 0, time = 0] = hidden.shape;
  const scores = computeByRows({ x: hidden, context: pass.context, path, hookPoints }, (rows, rowContext) =>
    tf.reshape(scoresOf(asTokens(rows), router, rowContext), [rows.shape[0] ?? 0, time, -1]),
  );
  routing.add(tf.reshape(scores, [batch * time, -1]), perToken, pass.inputs.attentionMask?.dataSync());
}

/** [tokens, width] */
function asTokens(hidden: tf.Tensor): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(hidden, [-1, hidden.shape.at(-1) ?? 0]);
}

/** x [tokens, width] → [tokens, experts] */
function scoresOf(x: tf.Tensor2D, router: ExpertMixtureOptions["router"], context: ForwardContext): tf.Tensor2D {
  if ("scores" in router) return router.scores(x, context);
  const { weight, bias } = router;
  const plain = tf.matMul<tf.Tensor2D>(x, weight.value(context) as tf.Tensor2D, false, true);
  return bias === undefined ? plain : tf.add<tf.Tensor2D>(plain, bias.value(context));
}

function mix(x: tf.Tensor2D, options: ExpertMixtureOptions, context: ForwardContext): tf.Tensor2D {
  const { router, gateUp, down, gate, perToken, norm, rule = softmaxRule(options) } = options;
  const scores = scoresOf(x, router, context);
  const [, experts = 0] = scores.shape;
  const choice = rule.choice?.(scores, context) ?? scores;
  const routing = routeTokens(choice.dataSync(), experts, perToken);
  const apply = (linear: ExpertLinear, rows: tf.Tensor2D) => expertLinear(rows, linear, { routing, context });
  const input = norm === undefined ? x : (norm.forward(x, context) as tf.Tensor2D);
  const outputs = apply(down, gate(apply(gateUp, spreadRows(input, routing))));
  const shares = sharesOf(rule, { scores, routing, context }); // [tokens·perToken, 1]
  return collectRows(tf.mul<tf.Tensor2D>(outputs, spreadSlots(shares, routing)), routing);
}

// The softmax of the chosen scores is their share of all experts, divided by the sum of these shares.
function softmaxRule({ normTopkProb }: ExpertMixtureOptions): RoutingRule {
  return { shares: (scores, pick) => (normTopkProb ? tf.softmax(pick(scores)) : pick(tf.softmax(scores))) };
}

interface Routed {
  readonly scores: tf.Tensor2D;
  readonly routing: Routing;
  readonly context: ForwardContext;
}

function sharesOf(rule: RoutingRule, { scores, routing, context }: Routed): tf.Tensor2D {
  const [tokens, experts] = scores.shape;
  const { experts: chosen, perToken } = routing;
  // wasm's oneHot with float32 output returns the bits of integers.
  const isOne = tf.cast(tf.oneHot(tf.tensor1d(chosen, "int32"), experts), "float32");
  const isChosen = tf.reshape(isOne, [tokens, perToken, experts]);
  const pick = (values: tf.Tensor) => tf.sum(tf.mul(tf.expandDims(values, 1), isChosen), 2); // [tokens, perToken]
  return tf.reshape(rule.shares(scores, pick, context), [tokens * perToken, 1]);
}

/** From the order of slots to that of experts: every slot is moved once. */
function spreadSlots(x: tf.Tensor2D, { order, indexOfSlot }: Routing): tf.Tensor2D {
  const one = { perToken: 1, order, indexOfSlot, experts: order, groups: [] };
  return spreadRows(x, one);
}

function expertLinear(
  x: tf.Tensor2D,
  { weight, bias, isInOut = false }: ExpertLinear,
  { routing, context }: { readonly routing: Routing; readonly context: ForwardContext },
): tf.Tensor2D {
  const matrices = weight.value(context) as tf.Tensor3D;
  const y = groupedProduct(x, routing.groups, { matrices, isInOut, isTrained: weight.isAdapted(context) });
  if (bias === undefined) return y;
  const experts = tf.tensor1d(
    routing.order.map((slot) => routing.experts[slot] ?? 0),
    "int32",
  );
  return tf.add(y, tf.gather(bias.value(context), experts));
}

/** x [tokens, width] → its rows by expert, a token's row once for each of its experts: [slots, width] */
function spreadRows(x: tf.Tensor2D, routing: Routing): tf.Tensor2D {
  return moved(
    x,
    (rows) => spread(rows, routing),
    (rows) => collect(rows, routing),
  );
}

/** Rows by expert [slots, width] → the sum of each token's: [tokens, width] */
function collectRows(x: tf.Tensor2D, routing: Routing): tf.Tensor2D {
  return moved(
    x,
    (rows) => collect(rows, routing),
    (rows) => spread(rows, routing),
  );
}

type Move = (rows: tf.Tensor2D) => tf.Tensor2D;

function moved(x: tf.Tensor2D, forward: Move, back: Move): tf.Tensor2D {
  const operation = tf.customGrad((rows) => ({
    value: forward(rows as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => [back(dy as tf.Tensor2D)],
  }));
  return operation(x) as tf.Tensor2D;
}

function spread(x: tf.Tensor2D, { order, perToken }: Routing): tf.Tensor2D {
  return tf.gather(
    x,
    tf.tensor1d(
      order.map((slot) => Math.floor(slot / perToken)),
      "int32",
    ),
  );
}

function collect(x: tf.Tensor2D, { indexOfSlot, perToken }: Routing): tf.Tensor2D {
  const bySlot = tf.gather(x, tf.tensor1d(indexOfSlot, "int32"));
  return tf.sum<tf.Tensor2D>(tf.reshape(bySlot, [-1, perToken, x.shape[1]]), 1);
}
