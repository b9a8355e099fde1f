// The pieces of a model that run one after the other.

import type { Part } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { NormLayer } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { type PartPlan, planned, planOf } from "../planned.ts";

/** A layer whose second sublayer computes each position separately: layer = byPosition ∘ mix. */
export interface Block extends Layer {
  readonly sublayers?: { readonly mix: Layer; readonly byPosition: Layer };
}

export interface Stage {
  /** Every part that `run` computes with, also one that belongs to an earlier stage. */
  readonly parts: readonly Part[];
  readonly run: Block;
  /** Whether the whole stage treats every position by itself: a norm at the end. */
  readonly isByPosition?: boolean;
  /** Whether checkpointing leaves it out: there is nothing to compute twice. */
  readonly isRunOnce?: boolean;
}

export interface PositionRules {
  /** Highest number of positions that can be computed at all: rows of a learned table; rotations have no limit. */
  readonly positionRows?: number;
  /**
   * "mask" counts only tokens that the mask shows (OPT). With a padding id, the other ids are counted from the padding id plus 1
   * (RoBERTa). The default counts every column.
   */
  readonly positionsFrom?: "columns" | "mask" | { readonly padding: number };
}

export interface StageList {
  readonly stages: readonly Stage[];
  /** In an encoder–decoder: the stage that takes the encoder's last states and begins the decoder. */
  readonly decoder?: { readonly stage: number; readonly isCausal?: boolean } & PositionRules;
}

/**
 * Which of the last states [batch, time, width] are read: one of each row, by its column – they become [batch, 1, width] –, or
 * any, by their numbers among all batch·time: [1, states, width].
 */
export type StateSelection =
  | { readonly columns: readonly number[] | tf.Tensor1D }
  | { readonly states: readonly number[] };

export function runStages(stages: readonly Stage[], hidden: tf.Tensor, pass: Pass): tf.Tensor {
  return stages.reduce((state, stage) => stage.run(state, pass), hidden);
}

/** A layer of two sublayers: the first mixes positions, the second computes each position separately. */
export function compose(mix: Layer, byPosition: Layer): Block {
  const run: Layer = (hidden, pass) => tf.tidy(() => byPosition(mix(hidden, pass), pass));
  const plan: PartPlan = (x, steps, context) => planOf(byPosition)(planOf(mix)(x, steps, context), steps, context);
  return Object.assign(run, { sublayers: { mix, byPosition }, plan });
}

/** A norm after the last block. */
export function normStage(parts: readonly Part[], norm: NormLayer): Stage {
  const run = planned((hidden: tf.Tensor, { context }: Pass) => norm.forward(hidden, context), planOf(norm));
  return { parts, run, isByPosition: true };
}

/**
 * The stages with `picking` among them, which keeps only the states that will be read. It is inserted as early as possible, where no
 * position needs another one any more, so that the other states are not computed further. `restrict` selects the same states in the pass.
 */
export function withPick<List extends StageList>(list: List, picking: Layer, restrict: (pass: Pass) => Pass): List {
  const last = lastMixing(list.stages);
  const pick: Stage = { parts: [], run: picking, isRunOnce: true };
  const block = list.stages[last];
  if (block === undefined) return { ...list, stages: [pick, ...list.stages] };
  const { mix = block.run, byPosition } = block.run.sublayers ?? {};
  const second = byPosition === undefined ? [] : [{ ...block, run: byPosition }];
  const before = [...list.stages.slice(0, last), { ...block, run: mix }];
  const after = [...second, ...list.stages.slice(last + 1)].map((stage) => ({
    ...stage,
    run: (hidden: tf.Tensor, pass: Pass) => stage.run(hidden, restrict(pass)),
  }));
  return { ...list, stages: [...before, pick, ...after] };
}

/** Index of the last stage in which positions see each other; −1 without one. */
function lastMixing(stages: readonly Stage[]): number {
  let last = stages.length - 1;
  while (stages[last]?.isByPosition === true) last--;
  return last;
}
