// From logits to the probabilities that a token is drawn with, by transformers' rules and in their order: temperature,
// the k likeliest (ties with the last of them stay), the likeliest that together have probability p (Holtzman et al.
// 2020), and those not too far below the likeliest (min-p, Nguyen et al. 2024).

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

/** Writes how much likelier each token is than others, 0 where a rule excludes it. Returns the sum of all. */
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
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if (child >= heap.length || (heap[child] as number) >= value) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = value;
}

/** Keeps the most likely tokens until they reach the share p of all; among equal ones at the limit, the first. */
function keepNucleus(weights: Float64Array, share: number): void {
  const total = sumOf(weights);
  // Whatever is lighter than this cannot belong to it, even all together: there is less to sort.
  const negligible = ((1 - share) * total) / weights.length;
  const sorted = weights.filter((weight) => weight > negligible).sort(); // lightest first
  let kept = 0;
  let sum = 0;
  while (kept < sorted.length && (kept === 0 || sum < share * total)) sum += sorted[sorted.length - ++kept] as number;
  const border = sorted[sorted.length - kept] ?? 0;
  let places = kept - sorted.filter((weight) => weight > border).length;
  keepWhere(weights, (weight) => weight > border || (weight === border && places-- > 0));
}

function keepWhere(weights: Float64Array, isKept: (weight: number) => boolean): void {
  for (let token = 0; token < weights.length; token++) if (!isKept(weights[token] as number)) weights[token] = 0;
}

function sumOf(weights: Float64Array): number {
  let sum = 0;
  for (let token = 0; token < weights.length; token++) sum += weights[token] as number;
  return sum;
}
