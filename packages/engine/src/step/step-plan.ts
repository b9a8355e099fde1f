// The operations of a decoder for its newest tokens, as data: an engine turns the plan into graphs of its own, because
// running the operations one by one would cost more time than the operations themselves.

import type { LowRankBranch } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { BlockMatrix } from "../packed/packed-matrix.ts";
import { mayRoundProducts } from "./rounded-products.ts";

/** Number of a value [rows, time, features] in a plan: 0 is the plan's input, 1 the first operation's result. */
export type StepValue = number;

/** Activations that a plan can hold. */
export const stepActivations = ["gelu-erf", "gelu-tanh", "silu", "relu", "relu-squared", "sigmoid", "tanh"] as const;

/** One of these activations. */
export type StepActivation = (typeof stepActivations)[number];

/** Attention of the newest tokens to all before them and themselves. */
export interface StepAttention {
  readonly query: StepValue;
  readonly key: StepValue;
  readonly value: StepValue;
  /** Which cached keys and values it extends. */
  readonly layer: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly scale: number;
  /** Smooth bound of the scores. */
  readonly cap: number | null;
  /** How queries and keys rotate with their positions. */
  readonly rotation?: StepRotation | undefined;
  /** Added to the scores, in addition to the mask of later keys. */
  readonly bias?: StepBias | undefined;
}

/** Numbers that are added to the bounded scores: windows, slopes. */
export interface StepBias {
  /** 1 if all heads have the same. */
  readonly heads: number;
  /** [heads, time, past + time] for the newest `time` of a row's tokens. */
  values(range: { readonly past: number; readonly time: number }): Float32Array;
}

/** How features rotate with their position. */
export interface StepRotation {
  /** Number of rotated feature pairs; the features after them stay. */
  readonly pairs: number;
  /** True rotates neighbouring features together, false feature i of the first half with feature i of the second. */
  readonly interleaved: boolean;
  /** cos and sin of each pair's angle, position after position. */
  angles(positions: readonly number[]): { readonly cos: Float32Array; readonly sin: Float32Array };
}

/** A normalization over the features. */
export interface StepNorm {
  readonly kind: "layer" | "rms";
  /** [width] */
  readonly gain: tf.Tensor;
  /** [width] */
  readonly bias?: tf.Tensor | undefined;
  readonly gainOffset: number;
  readonly epsilon: number;
  readonly width: number;
}

/** One operation of a plan. Its value's number is its index in the plan, counted from 1. */
export type StepNode =
  | {
      readonly op: "linear";
      readonly x: StepValue;
      readonly weight: StepWeight;
      readonly bias: tf.Tensor | undefined;
    }
  | { readonly op: "low-rank"; readonly x: StepValue; readonly output: StepValue; readonly branch: LowRankBranch }
  | { readonly op: "norm"; readonly x: StepValue; readonly norm: StepNorm }
  | { readonly op: "attention"; readonly attention: StepAttention }
  | { readonly op: "activation"; readonly x: StepValue; readonly name: StepActivation }
  | { readonly op: "add" | "multiply"; readonly x: StepValue; readonly y: StepValue }
  | { readonly op: "scale" | "cap"; readonly x: StepValue; readonly factor: number }
  | { readonly op: "part"; readonly x: StepValue; readonly part: StepPart };

/** Neighbouring features: of the whole, or the same ones of each of some equal groups, which are joined then. */
export interface StepPart {
  readonly first: number;
  readonly width: number;
  readonly groups?: number;
}

/**
 * A part of a decoder, such as a block, as operations on its input, [rows, time, features]. Nothing is computed; `TokenSteps`
 * computes it.
 */
export class StepPlan {
  readonly nodes: StepNode[] = [];
  /** Whether its products may round: whether it is written within `withRoundedProducts`. */
  readonly mayRound = mayRoundProducts();
  #refusal: string | undefined;

  /** The reason why this cannot be planned, if any. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Whether it multiplies by blocks, which graphs multiply by faster than anything else does, with many rows, too. */
  get isOfBlocks(): boolean {
    const kinds = this.nodes.flatMap((node) => (node.op === "linear" ? [node.weight.stepFactor?.kind] : []));
    return kinds.includes("blocks") && !kinds.includes("int8");
  }

  /** Records that planning is not possible. Returns a value, so that planning can continue. */
  refuse(reason: string): StepValue {
    this.#refusal ??= reason;
    return 0;
  }

  linear(x: StepValue, weight: StepWeight, bias?: tf.Tensor): StepValue {
    return this.#add({ op: "linear", x, weight, bias });
  }

  /** output + scale·(x·a)·b */
  addLowRank(x: StepValue, output: StepValue, branch: LowRankBranch): StepValue {
    return this.#add({ op: "low-rank", x, output, branch });
  }

  norm(x: StepValue, norm: StepNorm): StepValue {
    return this.#add({ op: "norm", x, norm });
  }

  attend(attention: StepAttention): StepValue {
    return this.#add({ op: "attention", attention });
  }

  activate(x: StepValue, name: StepActivation): StepValue {
    return this.#add({ op: "activation", x, name });
  }

  add(x: StepValue, y: StepValue): StepValue {
    return this.#add({ op: "add", x, y });
  }

  multiply(x: StepValue, y: StepValue): StepValue {
    return this.#add({ op: "multiply", x, y });
  }

  scale(x: StepValue, factor: number): StepValue {
    return this.#add({ op: "scale", x, factor });
  }

  /** factor·tanh(x/factor) */
  cap(x: StepValue, factor: number): StepValue {
    return this.#add({ op: "cap", x, factor });
  }

  part(x: StepValue, part: StepPart): StepValue {
    return this.#add({ op: "part", x, part });
  }

  #add(node: StepNode): StepValue {
    return this.nodes.push(node);
  }
}

/** Whether two lists of plans compute the same with the same weights. */
export function areSamePlans(plans: readonly StepPlan[], otherPlans: readonly StepPlan[]): boolean {
  const isSamePlan = ({ nodes, mayRound }: StepPlan, other: StepPlan | undefined) =>
    mayRound === other?.mayRound && isSame(nodes, other.nodes);
  return plans.length === otherPlans.length && plans.every((plan, index) => isSamePlan(plan, otherPlans[index]));
}

/** Tensors and weights are compared by identity, plain data by content. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isPlain(one) || !isPlain(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(one[key], other[key]));
}

/** Whether a value is an array or an object literal, not an instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** A matrix as a plan's graph multiplies by it: x·Mᵀ for blocks, and x times a weight in 8 bits by its number. */
export type StepFactor =
  /** `isTransposed`: for Wᵀ, [outFeatures, inFeatures]. `mayRound`: whether this product may round x to 8 bits. */
  | {
      readonly kind: "float32";
      readonly matrix: tf.Tensor2D;
      readonly isTransposed: boolean;
      readonly mayRound: boolean;
    }
  | { readonly kind: "blocks"; readonly matrix: BlockMatrix }
  | { readonly kind: "int8"; readonly weight: number };

/** A weight that may be part of a plan, as `FrozenWeight` is. */
export interface StepWeight {
  readonly outFeatures: number;
  /** Absent if no graph can contain it. */
  readonly stepFactor: StepFactor | undefined;
  /** Disposes of `derived` together with the weight from which it was made, or when another one is set under the name. */
  owns(name: string, derived: { dispose(): void }): void;
}
