// From logits to the probabilities of a random draw, with transformers' rules in their order: temperature; top-k (tokens
// equal to the last one stay); top-p, the likeliest tokens with a total probability of p (Holtzman et al. 2020); and min-p,
// tokens not too far below the likeliest one (Nguyen et al. 2024).

import { expOf, largestOf } from "./exponential.ts";

/** Which tokens may be drawn, and how much likelier some are than others. */
export interface ProbabilityRules {
  /** Divides the logits; above 0. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; 0, the default, means all. */
  readonly topK?: number;
  /** Only the likeliest tokens whose probabilities add up to p; above 0, at most 1, the default. */
  readonly topP?: number;
  /** Only tokens at least this share as likely as the likeliest; from 0, the default, to 1. */
  readonly minP?: number;
}

/** The probability of each token, 0 where a rule excludes it. */
export function tokenProbabilities(logits: Float32Array, rules: ProbabilityRules): Float64Array {
  const weights = new Float64Array(logits.length);
  const total = weighTokens(logits, rules, weights);
  return weights.map((weight) => weight / total);
}

/** Writes the unnormalized probability of each token, 0 where a rule excludes it. Returns their sum. */
export function weighTokens(logits: Float32Array, rules: ProbabilityRules, weights: Float64Array): number {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = rules;
  const lowest = topK > 0 && topK < logits.length ? kthLargest(logits, topK) : Number.NEGATIVE_INFINITY;
  const highest = largestOf(logits);
  for (let token = 0; token < weights.length; token++) {
    const logit = logits[token] as number;
    weights[token] = logit >= lowest ? expOf((logit - highest) / temperature) : 0;
  }
  if (topP < 1) keepNucleus(weights, topP);
  if (minP > 0) keepWhere(weights, (weight) => weight >= minP); // The likeliest has the weight 1.
  return sumOf(weights);
}

/** The k-th largest value, through a heap of the k largest so far, the least of them on top. */
function kthLargest(values: Float32Array, k: number): number {
  const heap = values.slice(0, k).sort();
  for (let index = k; index < values.length; index++) {
    const value = values[index] as number;
    if (value > (heap[0] as number)) sinkFromTop(heap, value);
  }
  return heap[0] as number;
}

function sinkFromTop(heap: Float32Array, value: number): void {
  let position = 0;
  for (;;) {
    let child = 2 * position + 1;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if (child >= heap.length || (heap[child] as number) >= value) break;
    heap[position] = heap[child] as number;
    position = child;
  }
  heap[position] = value;
}

/** Keeps the most likely tokens until they reach the share p of all; among equal ones at the limit, the first. */
function keepNucleus(weights: Float64Array, share: number): void {
  const total = sumOf(weights);
  // Whatever is lighter than this cannot belong to it, even all together: there is less to sort.
  const negligible = ((1 - share) * total) / weights.length;
  const sorted = weights.filter((weight) => weight > negligible).sort(); // lightest first
  let used = 0;
  let sum = 0;
  while (used < sorted.length && (used === 0 || sum < share * total)) sum += sorted[sorted.length - ++used] as number;
  const border = sorted[sorted.length - used] ?? 0;
  let free = used - sorted.filter((weight) => weight > border).length;
  keepWhere(weights, (weight) => weight > border || (weight === border && free-- > 0));
}

function keepWhere(weights: Float64Array, isKept: (weight: number) => boolean): void {
  for (let token = 0; token < weights.length; token++) if (!isKept(weights[token] as number)) weights[token] = 0;
}

function sumOf(weights: Float64Array): number {
  let sum = 0;
  for (let token = 0; token < weights.length; token++) sum += weights[token] as number;
  return sum;
}
