// Computes the next tokens of texts by plans of the model's parts, if the engine supports them: one call for each block instead of
// one for each operation.

import { StepPlan } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import { type Planned, planOf } from "../planned.ts";
import type { Backbone } from "./backbone.ts";

/** The head's output for the last state, [1, 1, features]; undefined if the parts must run one by one. */
export function computeByPlan(backbone: Backbone, head: Planned, pass: Pass): tf.Tensor | undefined {
  const { cache } = pass;
  if (cache === undefined || !mayPlan(backbone, pass)) return undefined;
  const padding = paddingOf(pass);
  if (padding === undefined) return undefined;
  const plans = planParts(backbone, head, pass);
  const [rows, time] = pass.shape;
  if (plans === undefined || (time > 1 && !plans.some(({ isOfBlocks }) => isOfBlocks))) return undefined;
  return tf.tidy(() => {
    const hidden = backbone.embed.run(pass); // [rows, time, width]
    const { positions } = pass.inputs;
    const ofRows = Array.from({ length: rows }, (_, row) => positions[row] ?? positions[0] ?? []);
    const states = cache.stepsFor(plans, hidden.shape[2] ?? 1, padding)?.run(hidden, ofRows);
    if (states === undefined) cache.refuseSteps();
    return states;
  });
}

/** One token a text, or one text that begins; and nothing to differentiate. */
function mayPlan({ decoder }: Backbone, { context, inputs, shape: [rows, time], past }: Pass): boolean {
  if (decoder !== undefined || context.training || context.everyPosition === true) return false;
  if (tf.engine().state.gradientDepth > 0) return false;
  if (inputs.blocks !== undefined || inputs.places !== undefined) return false;
  if (past > 0) return time === 1;
  return rows === 1 && inputs.attentionMask === undefined;
}

/** Number of hidden columns at the beginning of each row; undefined if the mask hides others, too. */
function paddingOf({ inputs: { attentionMask }, shape: [rows] }: Pass): readonly number[] | undefined {
  if (attentionMask === undefined) return Array<number>(rows).fill(0);
  const shown = attentionMask.dataSync();
  const columns = shown.length / rows;
  const padding: number[] = [];
  for (let row = 0; row < rows; row++) {
    const rowMask = shown.subarray(row * columns, (row + 1) * columns);
    const first = rowMask.indexOf(1);
    if (first < 0 || rowMask.subarray(first).includes(0)) return undefined;
    padding.push(first);
  }
  return padding;
}

/** A plan for each stage; the head's plan is a part of the last one. Undefined if a part has no plan. */
function planParts({ stages }: Backbone, head: Planned, { context }: Pass): readonly StepPlan[] | undefined {
  const plans: StepPlan[] = [];
  for (const [index, { run }] of stages.entries()) {
    const plan = new StepPlan();
    const state = planOf(run)(0, plan, context);
    if (index === stages.length - 1) planOf(head)(state, plan, context);
    if (plan.refusal !== undefined) return undefined;
    plans.push(plan);
  }
  return plans;
}
