// The next tokens of one text by plans of the model's parts, where the engine computes such plans: a call for each block in
// place of one for each operation.

import { StepPlan } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import { type Planned, planOf } from "../planned.ts";
import type { Trunk } from "./trunk.ts";

/** What the head makes of the last state, [1, 1, features]; undefined where the parts have to run one by one. */
export function computeByPlan(trunk: Trunk, head: Planned, pass: Pass): tf.Tensor | undefined {
  const { cache } = pass;
  if (cache === undefined || !mayPlan(trunk, pass)) return undefined;
  const plans = planParts(trunk, head, pass);
  const [, time] = pass.shape;
  if (plans === undefined || (time > 1 && !plans.some(({ isOfBlocks }) => isOfBlocks))) return undefined;
  return tf.tidy(() => {
    const hidden = trunk.embed.run(pass); // [1, time, width]
    const made = cache.stepsFor(plans, hidden.shape[2] ?? 1)?.run(hidden, pass.inputs.positions[0] ?? []);
    if (made === undefined) cache.refuseSteps();
    return made;
  });
}

/** One text without padding, that the cache holds whole or not at all, and nothing to differentiate. */
function mayPlan({ decoder }: Trunk, { context, inputs, shape: [rows, time], past }: Pass): boolean {
  if (decoder !== undefined || inputs.attentionMask !== undefined || rows !== 1 || inputs.positions.length !== 1)
    return false;
  if (context.training || context.adapters.kind === "rows" || context.everyPosition === true) return false;
  return (time === 1 || past === 0) && tf.engine().state.gradientDepth === 0;
}

/** A plan for each stage; the head's is part of the last. Undefined where one part has none. */
function planParts({ stages }: Trunk, head: Planned, { context }: Pass): readonly StepPlan[] | undefined {
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
