// Replaces the inputs of graphs that already exist: another adapter of the same shape, or a norm with another gain. Inputs are not
// part of a graph, so only the feeds change. New graphs would pack all matrices again.

import * as tf from "@tensorflow/tfjs-core";
import { isPlain, type StepPlan } from "../../../step/step-plan.ts";
import type { StepFeed } from "./step-graph.ts";

/** Tensors and their replacements. */
interface Exchange {
  readonly tensors: Map<tf.Tensor, tf.Tensor>;
  /** The scales of the LoRA branches, in the order of the plans. */
  readonly factors: number[];
  readonly rows: (readonly boolean[])[];
}

/**
 * The feeds of each graph for the plans `others`, if the graphs were made of `plans`; undefined if `others` need other
 * graphs.
 */
export function rebindFeeds(
  feeds: readonly (readonly StepFeed[])[],
  plans: readonly StepPlan[],
  others: readonly StepPlan[],
): readonly (readonly StepFeed[])[] | undefined {
  const exchange: Exchange = { tensors: new Map(), factors: [], rows: [] };
  const isLike = (plan: StepPlan, other: StepPlan | undefined) =>
    plan.mayRound === other?.mayRound && mayExchange(plan.nodes, other.nodes, exchange);
  if (plans.length !== others.length || !plans.every((plan, index) => isLike(plan, others[index]))) return undefined;
  return feeds.map((ofGraph) => ofGraph.map((feed) => exchanged(feed, exchange)));
}

/** Whether both make the same graph; records the differences. */
function mayExchange(one: unknown, other: unknown, exchange: Exchange): boolean {
  if (one instanceof tf.Tensor) return other instanceof tf.Tensor && noteTensors(one, other, exchange);
  if (one === other) return true;
  if (!isPlain(one) || !isPlain(other)) return false;
  if (isBranch(one) && isBranch(other)) {
    exchange.factors.push(other.scale);
    if (other.rows !== undefined) exchange.rows.push(other.rows);
    const isForRows = one.rows !== undefined;
    if (isForRows !== (other.rows !== undefined)) return false;
    return noteTensors(one.a, other.a, exchange) && noteTensors(one.b, other.b, exchange);
  }
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => mayExchange(one[key], other[key], exchange));
}

/** False if one input would need two replacements. */
function noteTensors(one: tf.Tensor, other: tf.Tensor, { tensors }: Exchange): boolean {
  const noted = tensors.get(one) ?? other;
  tensors.set(one, other);
  return noted === other && tf.util.arraysEqual(one.shape, other.shape);
}

interface Branch {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly scale: number;
  readonly rows?: readonly boolean[] | undefined;
}

function isBranch(value: object): value is Branch {
  return "a" in value && "b" in value && "scale" in value;
}

function exchanged(feed: StepFeed, { tensors, factors, rows }: Exchange): StepFeed {
  if (feed.kind === "tensor") return { ...feed, tensor: tensors.get(feed.tensor) ?? feed.tensor };
  if (feed.kind === "factor") return { ...feed, factor: factors.shift() ?? feed.factor };
  return feed.kind === "rows" ? { ...feed, rows: rows.shift() ?? feed.rows } : feed;
}
