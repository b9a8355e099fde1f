// How fast each pair of features rotates with the position, with the context extensions that models use (transformers'
// modeling_rope_utils.py). Rounded to float32 like transformers, so that long positions agree.

import type { ModelConfig } from "@lowrank/contracts/families";
import type { RotaryConfig, RotaryScaling } from "@lowrank/contracts/families/internal";
import { positionLimitError } from "../../errors.ts";

/** How a model rotates positions. Layers with the same rotation share one object, by which tables are cached. */
export interface RotaryFrequencies {
  /** Radians a position, one for each pair of features. */
  readonly pairs: Float32Array;
  /** The frequencies of texts with more than `from` positions (LongRoPE). */
  readonly long?: { readonly from: number; readonly pairs: Float32Array };
  /** Multiplies cos and sin. */
  readonly magnitude: number;
  /** For each pair, by which position of a token it rotates: 0 for time, 1 its row in an image, 2 its column. Absent: all by time. */
  readonly axes?: readonly number[];
  /** Maximum number of positions: beyond it, frequencies depend on earlier texts (dynamic), or queries grow (Ministral 3). */
  readonly limit?: { readonly positions: number; readonly by: "dynamic" | "llama_4_scaling_beta" };
}

/** The frequencies of a model's heads, or of `rotary` if given; by default those of transformers. */
export function rotaryOf({ headSize, ...config }: ModelConfig, rotary = config.rotary): RotaryFrequencies {
  const { theta, share, scaling } = rotary ?? { theta: 10_000, share: 1, scaling: { type: "none" } };
  if (scaling.type === "proportional") {
    const { pairs } = rotaryFrequencies(headSize, { theta, scaling });
    const rotating = Math.floor(share * headSize) >> 1;
    return { pairs: pairs.map((frequency, pair) => (pair < rotating ? frequency : 0)), magnitude: 1 };
  }
  const frequencies = rotaryFrequencies(Math.floor(headSize * share + 1e-9), { theta, scaling });
  const sections = rotary?.sections;
  if (sections === undefined) return frequencies;
  const isOf = (axis: number, pair: number) => pair % 3 === axis && pair < 3 * (sections[axis] ?? 0);
  return {
    ...frequencies,
    axes: Array.from(frequencies.pairs, (_, pair) => (isOf(1, pair) ? 1 : isOf(2, pair) ? 2 : 0)),
  };
}

/** The frequencies of each layer, by its index: layers with a window may rotate differently (Gemma 3, OLMo 3). */
export function rotaryOfLayers(config: ModelConfig): (layer: number) => RotaryFrequencies {
  const globalRotary = rotaryOf(config);
  const localRotary = config.localRotary === null ? globalRotary : rotaryOf(config, config.localRotary);
  return (layer) => ((config.windows[layer] ?? null) === null ? globalRotary : localRotary);
}

/** The frequencies of `dims` rotating features: dims/2 of them, rounded up; an odd feature rotates with the next one. */
export function rotaryFrequencies(dims: number, { theta, scaling }: Omit<RotaryConfig, "share">): RotaryFrequencies {
  const { fround } = Math;
  // Positions per radian.
  const periods = Float32Array.from({ length: Math.ceil(dims / 2) }, (_, pair) => theta ** fround((2 * pair) / dims));
  const divided = (factors: readonly number[]) =>
    periods.map((period, pair) => 1 / fround(fround(factors[pair] ?? 1) * period));
  const unscaled = periods.map((period) => 1 / period);
  switch (scaling.type) {
    case "none":
      return { pairs: unscaled, magnitude: 1 };
    case "linear":
    case "proportional":
      return { pairs: unscaled.map((frequency) => frequency / scaling.factor), magnitude: 1 };
    case "dynamic":
      return { pairs: unscaled, magnitude: 1, limit: { positions: scaling.maxPositions, by: scaling.type } };
    case "llama3":
      return { pairs: unscaled.map((frequency) => stretchedByWavelength(frequency, scaling)), magnitude: 1 };
    case "yarn": {
      const scaled = periods.map((period) => 1 / fround(scaling.factor * period));
      const pairs = stretchedByRotations({ unscaled, scaled }, { ...scaling, theta, dims });
      const limit = { positions: scaling.originalMaxPositions, by: "llama_4_scaling_beta" } as const;
      return { pairs, magnitude: scaling.magnitude, ...(scaling.growsQueries ? { limit } : {}) };
    }
    case "longrope": {
      const long = { from: scaling.originalMaxPositions, pairs: divided(scaling.longFactors) };
      return { pairs: divided(scaling.shortFactors), long, magnitude: scaling.magnitude };
    }
  }
}

/**
 * cos and sin of every position's angles, position after position.
 *
 * @throws POSITION_LIMIT beyond the limit.
 */
export function rotaryAngles(
  frequencies: RotaryFrequencies,
  positions: readonly number[],
  places: readonly (readonly number[])[] = [],
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const { long, limit, magnitude, axes } = frequencies;
  const count = countOf(positions);
  if (limit !== undefined && count > limit.positions)
    throw positionLimitError(count, limit.positions, { limitedBy: limit.by });
  const pairs = long !== undefined && count > long.from ? long.pairs : frequencies.pairs;
  const cos = new Float32Array(positions.length * pairs.length);
  const sin = new Float32Array(positions.length * pairs.length);
  const byAxis = [positions, ...places];
  positions.forEach((time, row) => {
    pairs.forEach((frequency, pair) => {
      const position = byAxis[axes?.[pair] ?? 0]?.[row] ?? time;
      const angle = Math.fround(position * frequency);
      cos[row * pairs.length + pair] = Math.fround(Math.cos(angle)) * magnitude;
      sin[row * pairs.length + pair] = Math.fround(Math.sin(angle)) * magnitude;
    });
  });
  return { cos, sin };
}

/** Whether keys before `positions` rotated with other frequencies than later keys: a cache cannot hold both. */
export function frequenciesChange({ long }: RotaryFrequencies, positions: readonly (readonly number[])[]): boolean {
  if (long === undefined) return false;
  const count = countOf(positions.flat());
  const before = count - (positions[0]?.length ?? 0);
  return before > 0 && before <= long.from && count > long.from;
}

function countOf(positions: readonly number[]): number {
  return positions.reduce((max, position) => Math.max(max, position + 1), 0);
}

/** Llama 3.1: low frequencies are divided by `factor`, high ones stay unchanged, and those between are interpolated. */
function stretchedByWavelength(frequency: number, scaling: Extract<RotaryScaling, { type: "llama3" }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositions / highFrequencyFactor) return frequency;
  if (wavelength > originalMaxPositions / lowFrequencyFactor) return frequency / factor;
  const blend = (originalMaxPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - blend) * (frequency / factor) + blend * frequency;
}

interface YarnSettings extends Extract<RotaryScaling, { type: "yarn" }> {
  readonly theta: number;
  readonly dims: number;
}

/** YaRN: pairs with many rotations within the original length keep their frequency; pairs with few are divided by `factor`. */
function stretchedByRotations(
  { unscaled, scaled }: { readonly unscaled: Float32Array; readonly scaled: Float32Array },
  { theta, dims, betaFast, betaSlow, wholePairs, originalMaxPositions }: YarnSettings,
): Float32Array {
  const { fround } = Math;
  /** The pair with this many rotations, possibly between two pairs. */
  const pairOf = (rotations: number) =>
    (dims * Math.log(originalMaxPositions / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const [low, high] = [pairOf(betaFast), pairOf(betaSlow)];
  const first = Math.max(wholePairs ? Math.floor(low) : low, 0);
  const last = Math.min(wholePairs ? Math.ceil(high) : high, dims - 1);
  const width = last === first ? 0.001 : last - first;
  return unscaled.map((frequency, pair) => {
    const unscaledShare = fround(1 - Math.min(Math.max(fround(fround(pair - first) / fround(width)), 0), 1));
    return fround(fround(scaled[pair] ?? frequency) * fround(1 - unscaledShare)) + fround(frequency * unscaledShare);
  });
}
