// How the next token is drawn from its logits.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { uniformValues } from "@lowrank/engine/internal";
import { generationOptionError } from "../errors.ts";
import { type ProbabilityRules, weighTokens } from "./token-probabilities.ts";

/** How tokens are drawn; the rules act in the order in which transformers applies them. */
export interface Sampling extends ProbabilityRules {
  /** The same seed draws the same tokens. One for all prompts, or one for each. */
  readonly seed: number | readonly number[];
}

const samplingNames: OptionNames<Sampling> = { seed: true, temperature: true, topK: true, topP: true, minP: true };

/** Throws GENERATION_OPTION. */
export function checkSampling(sampling: Sampling, prompts: number): void {
  refuseUnknownOptions("sampling", sampling, samplingNames);
  const { temperature = 1, topK = 0, topP = 1, minP = 0, seed } = sampling;
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw generationOptionError("temperature", temperature, "a number above 0; leave sampling out for greedy");
  }
  if (!(Number.isInteger(topK) && topK >= 0)) throw generationOptionError("topK", topK, "an integer from 0");
  if (!(topP > 0 && topP <= 1)) throw generationOptionError("topP", topP, "a number above 0 and at most 1");
  if (!(minP >= 0 && minP <= 1)) throw generationOptionError("minP", minP, "a number from 0 to 1");
  const seeds = typeof seed === "number" ? [seed] : seed;
  const wrong = seeds.find((value) => !(Number.isInteger(value) && value >= 0 && value < 2 ** 32));
  if (wrong !== undefined) throw generationOptionError("seed", wrong, "an integer from 0 to 4294967295");
  if (typeof seed !== "number" && seed.length !== prompts) {
    throw generationOptionError("seed", `${seed.length} seeds`, `one seed, or ${prompts}: one for each prompt`);
  }
}

/** Weights of the last row that was drawn from: 400 kB of new memory for each token would keep the garbage collector busy. */
let room = new Float64Array(0);

/** Draws one token. `step` counts the tokens drawn for this prompt. */
export function sampleToken(
  logits: Float32Array,
  sampling: Sampling,
  { prompt, step }: { readonly prompt: number; readonly step: number },
): number {
  const seed = typeof sampling.seed === "number" ? sampling.seed : (sampling.seed[prompt] ?? 0);
  const [chance = 0] = uniformValues(1, { seed, step, path: "generate" });
  if (room.length !== logits.length) room = new Float64Array(logits.length);
  const weights = room;
  let remaining = chance * weighTokens(logits, sampling, weights);
  let last = 0;
  for (let token = 0; token < weights.length; token++) {
    const weight = weights[token] as number;
    if (weight === 0) continue;
    remaining -= weight;
    last = token;
    if (remaining < 0) break;
  }
  return last;
}

/** The likeliest token; the first of equal ones. */
export function likeliestToken(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++)
    if ((logits[token] as number) > (logits[best] as number)) best = token;
  return best;
}
