// How the next token is drawn from its logits: temperature, then the k likeliest, then the likeliest that together
// have probability p (Holtzman et al. 2020).

import { uniformValues } from "@lowrank/engine";
import { GenerationOptionError } from "../errors.ts";

export interface Sampling {
  /** Divides the logits; above 0. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; 0, the default, means all. */
  readonly topK?: number;
  /** Only the likeliest tokens whose probabilities add up to p; above 0, at most 1, the default. */
  readonly topP?: number;
  /** The same seed draws the same tokens. One for all prompts, or one for each. */
  readonly seed: number | readonly number[];
}

/** Throws GenerationOptionError. */
export function checkSampling({ temperature = 1, topK = 0, topP = 1, seed }: Sampling, prompts: number): void {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new GenerationOptionError("temperature", temperature, "a number above 0; leave sampling out for greedy");
  }
  if (!(Number.isInteger(topK) && topK >= 0)) throw new GenerationOptionError("topK", topK, "an integer from 0");
  if (!(topP > 0 && topP <= 1)) throw new GenerationOptionError("topP", topP, "a number above 0 and at most 1");
  if (typeof seed !== "number" && seed.length !== prompts) {
    throw new GenerationOptionError("seed", `${seed.length} seeds`, `one seed, or ${prompts}: one for each prompt`);
  }
}

/** Draws one token. `step` counts the tokens drawn for this prompt. */
export function sampleToken(
  logits: Float32Array,
  sampling: Sampling,
  { prompt, step }: { readonly prompt: number; readonly step: number },
): number {
  const seed = typeof sampling.seed === "number" ? sampling.seed : (sampling.seed[prompt] ?? 0);
  const [chance = 0] = uniformValues(1, { seed, step, path: "generate" });
  const candidates = likeliest(logits, sampling);
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let remaining = chance * total;
  for (const { token, weight } of candidates) {
    remaining -= weight;
    if (remaining < 0) return token;
  }
  return candidates.at(-1)?.token ?? 0;
}

interface Candidate {
  readonly token: number;
  /** Probability, up to a common factor. */
  readonly weight: number;
}

/** The tokens that may be drawn, likeliest first. */
function likeliest(logits: Float32Array, { temperature = 1, topK = 0, topP = 1 }: Sampling): readonly Candidate[] {
  const order = Array.from(logits.keys()).sort((one, other) => (logits[other] ?? 0) - (logits[one] ?? 0));
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const highest = logits[kept[0] ?? 0] ?? 0;
  const candidates = kept.map((token) => ({ token, weight: Math.exp(((logits[token] ?? 0) - highest) / temperature) }));
  if (topP === 1) return candidates;
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const enough = candidates.findIndex(({ weight }) => {
    sum += weight;
    return sum >= topP * total;
  });
  return candidates.slice(0, enough < 0 ? candidates.length : enough + 1);
}
