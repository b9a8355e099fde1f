// Against transformers' WhisperFeatureExtractor; fixtures/make_audio.py made the numbers.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { audioError } from "../errors.ts";
import { logMelFeatures, melFilters } from "./log-mel-features.ts";

interface Golden {
  readonly filters: readonly (readonly [mel: number, peak: number, max: number, sum: number])[];
  readonly cases: readonly {
    readonly kind: string;
    readonly length: number;
    readonly melBins: number;
    readonly frames: number;
    readonly features: readonly (readonly number[])[];
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL("../../fixtures/audio.json", import.meta.url), "utf8"));

function sound(kind: string, length: number): Float32Array {
  const turn = (hertz: number, sample: number) => Math.sin((2 * Math.PI * hertz * sample) / 16_000);
  return Float32Array.from({ length }, (_, n) =>
    kind === "tones" ? 0.5 * turn(440, n) + 0.2 * turn(3000, n) : ((n * 7919 + 104_729) % 2003) / 1001 - 1,
  );
}

describe("logMelFeatures", () => {
  it.each(golden.cases)("computes $melBins bins of $length samples of $kind as transformers does", (wanted) => {
    const { melBins, frames, features } = wanted;
    const made = logMelFeatures(sound(wanted.kind, wanted.length), { melBins, frames });
    expect(made).toHaveLength(melBins * frames);
    const expected = features.flat();
    const farthest = made.reduce((max, value, index) => Math.max(max, Math.abs(value - (expected[index] ?? 0))), 0);
    expect(farthest).toBeLessThan(2e-5);
  });

  it("truncates long recordings, and gives silence a constant value", () => {
    const long = sound("noise", 5000);
    expect(logMelFeatures(long, { frames: 4 })).toEqual(logMelFeatures(long.subarray(0, 640), { frames: 4 }));
    expect(new Set(logMelFeatures(new Float32Array(10), { frames: 2 }))).toEqual(new Set([-1.5]));
  });

  it("refuses samples that are not finite, and invalid sizes", () => {
    expect(() => logMelFeatures(Float32Array.of(0, Number.NaN))).toThrow(
      audioError("Sample 1 is NaN; expected numbers from −1 to 1."),
    );
    expect(() => logMelFeatures(new Float32Array(4), { frames: 0 })).toThrow(
      expect.objectContaining({ code: "AUDIO_UNREADABLE" }),
    );
  });
});

it("mel filters peak like transformers' filters, with the same area", () => {
  for (const [mel, peak, max, sum] of golden.filters) {
    const filter = melFilters(80, 201, 8000)[mel] ?? new Float64Array();
    expect(filter.indexOf(Math.max(...filter))).toBe(peak);
    expect(filter[peak]).toBeCloseTo(max, 10);
    expect(filter.reduce((total, weight) => total + weight, 0)).toBeCloseTo(sum, 10);
  }
});
