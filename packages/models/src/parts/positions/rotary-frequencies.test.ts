import { expectClose } from "@lowrank/testing";
import { describe, expect, it } from "vitest";

import { frequenciesChange, rotaryAngles, rotaryFrequencies } from "./rotary-frequencies.ts";

describe("rotaryFrequencies", () => {
  it("are θ^(−2i/dims)", () => {
    const frequencies = rotaryFrequencies(4, { theta: 100, scaling: { type: "none" } });
    expectClose(frequencies.pairs, [1, 0.1], 1e-7);
  });

  it("are divided by a linear factor", () => {
    const frequencies = rotaryFrequencies(4, { theta: 100, scaling: { type: "linear", factor: 4 } });
    expectClose(frequencies.pairs, [0.25, 0.025], 1e-7);
  });

  it("are stretched by wavelength as Llama 3.1 does", () => {
    // Wavelengths 6.28, 62.8 and 628 against 100/4 = 25 and 100/1: kept, blended, divided by 8. The blend is
    // (100/62.83 − 1)/3 = 0.19718 of 0.1 and the rest of 0.1/8.
    const scaling = {
      type: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositions: 100,
    } as const;
    const blend = (100 / (20 * Math.PI) - 1) / 3;
    const frequencies = rotaryFrequencies(6, { theta: 1000, scaling });
    expectClose(frequencies.pairs, [1, (1 - blend) * 0.0125 + blend * 0.1, 0.00125], 1e-8);
  });
});

describe("frequenciesChange", () => {
  const long = { from: 4, pairs: Float32Array.of(1) };
  const frequencies = { pairs: Float32Array.of(1), magnitude: 1, long };

  it("if a cache ends within the original length and the text continues beyond it", () => {
    expect(frequenciesChange(frequencies, [[4]])).toBe(true);
    expect(frequenciesChange(frequencies, [[2, 3, 4]])).toBe(true);
    expect(frequenciesChange(frequencies, [[3]])).toBe(false);
    expect(frequenciesChange(frequencies, [[5]])).toBe(false);
    expect(frequenciesChange(frequencies, [[0, 1, 2, 3, 4]])).toBe(false);
    expect(frequenciesChange({ pairs: frequencies.pairs, magnitude: 1 }, [[4]])).toBe(false);
  });
});

describe("rotaryAngles", () => {
  it("refuse positions at which dynamic scaling would depend on earlier texts", () => {
    const frequencies = rotaryFrequencies(4, { theta: 100, scaling: { type: "dynamic", maxPositions: 3 } });
    expect(rotaryAngles(frequencies, [0, 1, 2]).cos).toHaveLength(6);
    expect(() => rotaryAngles(frequencies, [2, 3])).toThrow(expect.objectContaining({ code: "POSITION_LIMIT" }));
    expect(() => rotaryAngles(frequencies, [2, 3])).toThrow(
      '"dynamic", which is not supported beyond max_position_embeddings (3)',
    );
  });

  it("refuse positions from which on queries would grow", () => {
    const yarn = { type: "yarn", factor: 2, magnitude: 1, betaFast: 32, betaSlow: 1, wholePairs: true } as const;
    const scaling = { ...yarn, originalMaxPositions: 3, growsQueries: true };
    expect(() => rotaryAngles(rotaryFrequencies(4, { theta: 100, scaling }), [2, 3])).toThrow("llama_4_scaling_beta");
  });

  it("go position by position", () => {
    const { cos, sin } = rotaryAngles({ pairs: Float32Array.of(1, 0.5), magnitude: 1 }, [0, 2]);
    expectClose(cos, [1, 1, Math.cos(2), Math.cos(1)], 1e-7);
    expectClose(sin, [0, 0, Math.sin(2), Math.sin(1)], 1e-7);
    expect(cos).toHaveLength(4);
  });
});
