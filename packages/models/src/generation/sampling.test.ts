import { describe, expect, it } from "vitest";
import { sampleToken } from "./sampling.ts";

// Probabilities 0.5, 0.3, 0.15, 0.05, not in order.
const logits = Float32Array.from([0.3, 0.05, 0.5, 0.15], Math.log);

function shares(options: { temperature?: number; topK?: number; topP?: number }, draws = 4000): number[] {
  const counts = [0, 0, 0, 0];
  for (let step = 0; step < draws; step++) {
    const token = sampleToken(logits, { ...options, seed: 5 }, { prompt: 0, step });
    counts[token] = (counts[token] ?? 0) + 1 / draws;
  }
  return counts;
}

/** Four standard deviations of a share of 4000 draws. */
const tolerance = 4 * Math.sqrt(0.25 / 4000);

function expectShares(actual: number[], expected: number[]): void {
  for (const [token, share] of expected.entries()) {
    expect(Math.abs((actual[token] ?? 0) - share), `token ${token}`).toBeLessThanOrEqual(share === 0 ? 0 : tolerance);
  }
}

describe("sampleToken", () => {
  it("draws each token as often as it is likely", () => {
    expectShares(shares({}), [0.3, 0.05, 0.5, 0.15]);
  });

  it("flattens by temperature", () => {
    const roots = [0.3, 0.05, 0.5, 0.15].map(Math.sqrt);
    const total = roots.reduce((sum, root) => sum + root, 0);
    expectShares(
      shares({ temperature: 2 }),
      roots.map((root) => root / total),
    );
  });

  it("keeps the k likeliest", () => {
    expectShares(shares({ topK: 2 }), [0.375, 0, 0.625, 0]);
  });

  it("keeps the likeliest until they have probability p", () => {
    expectShares(shares({ topP: 0.75 }), [0.375, 0, 0.625, 0]);
    expectShares(shares({ topP: 0.01 }), [0, 0, 1, 0]);
  });
});
