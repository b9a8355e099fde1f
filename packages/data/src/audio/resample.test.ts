import { describe, expect, it } from "vitest";

import { resample } from "./resample.ts";

const samples = Float32Array.from({ length: 60 }, (_, index) => ((index * 37) % 101) / 101 - 0.5);

describe("resample", () => {
  // torchaudio's functional.resample in float64, computed by its published kernel in torch 2.13.
  it.each([
    [44_100, 22, [-0.18709995, -0.075476141, 0.019438672, 0.096515182], [0.009957035, 0.038756193]],
    [8000, 120, [-0.499702795, -0.466060609, -0.133055114, 0.207988634], [0.108680951, 0.143195439]],
    [48_000, 20, [-0.170940055, -0.082823319, 0.064664712, 0.023642259], [-0.082603541, 0.06002833]],
  ])("makes 16 000 samples of %i a second as torchaudio does", (sampleRate, count, first, last) => {
    const made = resample({ samples, sampleRate }, 16_000);
    expect(made).toHaveLength(count);
    for (const [index, value] of first.entries()) expect(made[index]).toBeCloseTo(value, 6);
    for (const [index, value] of last.entries()) expect(made.at(index - 2)).toBeCloseTo(value, 6);
  });

  it("keeps samples of the same rate, and refuses invalid rates", () => {
    expect(resample({ samples, sampleRate: 16_000 }, 16_000)).toBe(samples);
    expect(() => resample({ samples, sampleRate: 0 }, 16_000)).toThrow(
      expect.objectContaining({ code: "AUDIO_UNREADABLE" }),
    );
    expect(() => resample({ samples, sampleRate: 999_983 }, 16_000)).toThrow(
      "the sample rates need a larger common divisor",
    );
    expect(() => resample({ samples, sampleRate: 159 }, 16_000)).toThrow("at most 100 times as many");
  });
});
