// How attention is written into a plan of the next tokens: plain attention, with heads that share keys, turn, or are bounded.

import { LinearSite } from "@lowrank/doors";
import type { StepRotation, StepValue } from "@lowrank/engine";
import type { Norm } from "../norm.ts";
import { type PartPlan, planLinear, planOf } from "../planned.ts";
import { type RotaryFrequencies, rotaryAngles } from "../positions/rotary-frequencies.ts";
import type { ProjectionPlan, SelfAttentionOptions } from "./attention-options.ts";

export function planSeparate(query: LinearSite, key: LinearSite, value: LinearSite): ProjectionPlan {
  const plans = { query: planLinear(query), key: planLinear(key), value: planLinear(value) };
  return (x, plan, context) => ({
    query: plans.query(x, plan, context),
    key: plans.key(x, plan, context),
    value: plans.value(x, plan, context),
  });
}

export function planFused(site: LinearSite, [query, key, value]: readonly [number, number, number]): ProjectionPlan {
  return (x, plan, context) => {
    const fused = planLinear(site)(x, plan, context);
    return {
      query: plan.part(fused, 0, query),
      key: plan.part(fused, query, key),
      value: plan.part(fused, query + key, value),
    };
  };
}

export function planNormed(
  project: ProjectionPlan,
  norms: { readonly query: Norm; readonly key: Norm },
): ProjectionPlan {
  return (x, plan, context) => {
    const { query, key, value } = project(x, plan, context);
    return { query: norms.query.plan(query, plan, context), key: norms.key.plan(key, plan, context), value };
  };
}

export function planAttention(options: SelfAttentionOptions): PartPlan {
  const { project, output, heads, keyHeads, layer, cap = null, rotary, rotaryInterleaved = false } = options;
  if (!(output instanceof LinearSite)) return (_, plan) => plan.refuse("what follows attention is no linear map");
  const headSize = output.inFeatures / heads;
  const { scale = 1 / Math.sqrt(headSize) } = options;
  const rotation = rotary && rotationOf(rotary, rotaryInterleaved);
  return (x, plan, context) => {
    const reason = refusalOf(options);
    if (reason !== undefined || project.plan === undefined) return plan.refuse(reason ?? "a projection has no plan");
    const { query, key, value } = project.plan(x, plan, context);
    const normed = (own: StepValue, norm: Norm | undefined) => (norm ? planOf(norm)(own, plan, context) : own);
    const mixed = plan.attend({
      ...{ query: normed(query, options.queryNorm), key: normed(key, options.keyNorm), value },
      ...{ layer, heads, keyHeads, headSize, scale, cap, rotation },
    });
    return planLinear(output)(mixed, plan, context);
  };
}

/** Whatever shapes the scores by place has its masks made from the pass. */
function refusalOf({ window, mask, alibi, relativePositions, rotary }: SelfAttentionOptions): string | undefined {
  if (window !== undefined && window !== null) return "attention has a window";
  if (mask !== undefined || alibi !== undefined || relativePositions !== undefined)
    return "attention has a mask of its own";
  return rotary?.long === undefined ? undefined : "positions turn at speeds that change";
}

const rotations = new WeakMap<RotaryFrequencies, Map<boolean, StepRotation>>();

/** One for each way to turn, by which engines keep their tables. */
function rotationOf(frequencies: RotaryFrequencies, interleaved: boolean): StepRotation {
  const known = rotations.get(frequencies) ?? new Map<boolean, StepRotation>();
  rotations.set(frequencies, known);
  const rotation = known.get(interleaved) ?? {
    pairs: frequencies.pairs.length,
    interleaved,
    angles: (positions) => rotaryAngles(frequencies, positions),
  };
  known.set(interleaved, rotation);
  return rotation;
}
