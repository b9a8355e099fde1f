// What rotation speeds are divided by, where a GGUF file lists that in tensors. Source: llama.cpp, convert_hf_to_gguf.py.

import type { ModelConfig } from "../model-config.ts";
import { ropeFactorTensors } from "./gguf-rope.ts";

/** By the names of the tensors; none where speeds are the plain ones, or follow from metadata. */
export function ropeDivisors({
  rotary,
  headSize,
  modelType,
}: ModelConfig): readonly (readonly [string, Float32Array])[] {
  const [all, short, long] = ropeFactorTensors;
  if (rotary?.scaling.type === "longrope") {
    const { shortFactors, longFactors, magnitude } = rotary.scaling;
    const [ofShort, ofLong] = [Float32Array.from(shortFactors), Float32Array.from(longFactors)];
    if (magnitude === 1 && ofShort.every((factor, pair) => factor === ofLong[pair])) return [[all, ofShort]];
    // No other architecture looks for two lists without being told of a type.
    return modelType === "phi3"
      ? [
          [short, ofShort],
          [long, ofLong],
        ]
      : [];
  }
  if (rotary?.scaling.type !== "llama3") return [];
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions: original } = rotary.scaling;
  const features = Math.round(headSize * rotary.share);
  const divisors = Float32Array.from({ length: features / 2 }, (_, pair) => {
    const length = 2 * Math.PI * rotary.theta ** ((2 * pair) / features);
    if (length < original / high) return 1;
    if (length > original / low) return factor;
    const share = (original / length - low) / (high - low);
    return 1 / ((1 - share) / factor + share);
  });
  return [[all, divisors]];
}
