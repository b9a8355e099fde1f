// How attention is written into a plan of the next tokens: plain, with shared key heads, rotation, or capped scores.

import { LinearSite } from "@lowrank/engine/hook-points";
import { maskedScore, type StepBias, type StepRotation, type StepValue } from "@lowrank/engine/internal";
import type { Norm } from "../norm.ts";
import { type PartPlan, planLinear, planOf } from "../planned.ts";
import { type Alibi, alibiBiases } from "../positions/alibi.ts";
import { type RotaryFrequencies, rotaryAngles } from "../positions/rotary-frequencies.ts";
import { remembered } from "../remembered.ts";
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
      query: plan.part(fused, { first: 0, width: query }),
      key: plan.part(fused, { first: query, width: key }),
      value: plan.part(fused, { first: query + key, width: value }),
    };
  };
}

/** Sorted by key head: its group of queries, its key, its value. */
export function planGrouped(site: LinearSite, keyHeads: number, headSize: number): ProjectionPlan {
  const groupSize = site.outFeatures / keyHeads - 2 * headSize;
  return (x, plan, context) => {
    const fused = planLinear(site)(x, plan, context);
    const part = (first: number, width: number) => plan.part(fused, { first, width, groups: keyHeads });
    return {
      query: part(0, groupSize),
      key: part(groupSize, headSize),
      value: part(groupSize + headSize, headSize),
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
  if (!(output instanceof LinearSite)) return (_, plan) => plan.refuse("attention is not followed by a linear layer");
  const headSize = output.inFeatures / heads;
  const { scale = 1 / Math.sqrt(headSize) } = options;
  const bias = biasOf(options);
  const rotation = rotary && rotationOf(rotary, rotaryInterleaved);
  return (x, plan, context) => {
    const reason = refusalOf(options);
    if (reason !== undefined || project.plan === undefined) return plan.refuse(reason ?? "a projection has no plan");
    const { query, key, value } = project.plan(x, plan, context);
    const normed = (states: StepValue, norm: Norm | undefined) => (norm ? planOf(norm)(states, plan, context) : states);
    const mixed = plan.attend({
      query: normed(query, options.queryNorm),
      key: normed(key, options.keyNorm),
      value,
      layer,
      heads,
      keyHeads,
      headSize,
      scale,
      cap,
      rotation,
      bias,
    });
    return planLinear(output)(mixed, plan, context);
  };
}

function refusalOf({ mask, relativePositions, sinks, rotary }: SelfAttentionOptions): string | undefined {
  if (mask !== undefined || relativePositions !== undefined) return "attention has a mask of its own";
  if (sinks !== undefined) return "attention has sinks";
  return rotary?.long === undefined ? undefined : "the rotary frequencies of positions change";
}

/** The bias of scores by the key's position. A window has its own mask. */
function biasOf({ alibi, window }: SelfAttentionOptions): StepBias | undefined {
  if (alibi !== undefined) return remembered(slopes, alibi, () => slopedBias(alibi));
  return window === undefined || window === null ? undefined : windowBias(window);
}

const rotations = new WeakMap<RotaryFrequencies, Map<boolean, StepRotation>>();

/** One object for each kind of rotation: engines keep their tables by it. */
function rotationOf(frequencies: RotaryFrequencies, interleaved: boolean): StepRotation {
  const byInterleaving = remembered(rotations, frequencies, () => new Map<boolean, StepRotation>());
  return remembered(byInterleaving, interleaved, () => ({
    pairs: frequencies.pairs.length,
    interleaved,
    angles: (positions) => rotaryAngles(frequencies, positions),
  }));
}

// The biases that a plan of the next tokens adds to scores by the keys' positions: windows and ALiBi's slopes.

const windows = new Map<number, StepBias>();
const slopes = new WeakMap<Alibi, StepBias>();

/** Hides keys before the last `window` of each query, itself included. One object for each window: plans are compared by it. */
function windowBias(window: number): StepBias {
  return remembered(windows, window, () => ({
    heads: 1,
    values: ({ past, time }) => {
      const keys = past + time;
      const values = new Float32Array(time * keys);
      for (let query = 0; query < time; query++) {
        const firstSeen = Math.max(0, past + query + 1 - window);
        values.fill(maskedScore, query * keys, query * keys + firstSeen);
      }
      return values;
    },
  }));
}

/** Rises with the key's position, with another slope for each head. */
function slopedBias(alibi: Alibi): StepBias {
  const heads = alibi.slopes.length;
  let longest: Float32Array = new Float32Array();
  return {
    heads,
    values: ({ past, time }) => {
      const keys = past + time;
      const room = longest.length / heads;
      if (room < keys) longest = alibiBiases(alibi, [...Array(2 * keys).keys()]);
      const biasesPerHead = longest.length / heads; // number of keys with a bias, for each head
      const values = new Float32Array(heads * time * keys);
      for (let row = 0; row < heads * time; row++) {
        const first = Math.floor(row / time) * biasesPerHead;
        values.set(longest.subarray(first, first + keys), row * keys);
      }
      return values;
    },
  };
}
