// How fast each pair of features turns with the position, by the ways of stretching a context that models use
// (transformers' modeling_rope_utils.py). Rounded to float32 where transformers rounds, so that long positions agree.

import type { ModelConfig, RotaryConfig, RotaryScaling } from "@lowrank/families";

/** Radians a position, one for each pair of features. */
export type RotaryFrequencies = Float32Array;

/** The frequencies of a model's heads, or those that `rotary` says; transformers' usual ones where nothing does. */
export function rotaryOf({ headSize, ...config }: ModelConfig, rotary = config.rotary): RotaryFrequencies {
  const { theta, share, scaling } = rotary ?? { theta: 10_000, share: 1, scaling: { type: "none" } };
  return rotaryFrequencies(Math.floor(headSize * share + 1e-9), { theta, scaling });
}

/** The frequencies of `dims` rotating features: dims/2 of them. */
export function rotaryFrequencies(dims: number, { theta, scaling }: Omit<RotaryConfig, "share">): RotaryFrequencies {
  return Float32Array.from({ length: dims / 2 }, (_, pair) => {
    const frequency = Math.fround(1 / Math.fround(theta ** Math.fround((2 * pair) / dims)));
    return stretched(frequency, scaling);
  });
}

/** cos and sin of every position's angles, position after position. */
export function rotaryAngles(
  frequencies: RotaryFrequencies,
  positions: readonly number[],
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const pairs = frequencies.length;
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  positions.forEach((position, row) => {
    frequencies.forEach((frequency, pair) => {
      const angle = Math.fround(position * frequency);
      cos[row * pairs + pair] = Math.cos(angle);
      sin[row * pairs + pair] = Math.sin(angle);
    });
  });
  return { cos, sin };
}

function stretched(frequency: number, scaling: RotaryScaling): number {
  if (scaling.type === "none") return frequency;
  if (scaling.type === "linear") return frequency / scaling.factor;
  return stretchedByWavelength(frequency, scaling);
}

/** Llama 3.1: slow pairs are slowed by `factor`, fast ones left alone, those between blended. */
function stretchedByWavelength(frequency: number, scaling: Extract<RotaryScaling, { type: "llama3" }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositions / highFrequencyFactor) return frequency;
  if (wavelength > originalMaxPositions / lowFrequencyFactor) return frequency / factor;
  const blend = (originalMaxPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - blend) * (frequency / factor) + blend * frequency;
}
