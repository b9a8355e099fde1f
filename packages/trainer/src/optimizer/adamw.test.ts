import { describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";

const options = { betas: [0.9, 0.999], epsilon: 1e-8 } as const;

describe("AdamW", () => {
  const gradients = [Float32Array.of(0.5, -1, 0), Float32Array.of(-0.25, 2, 1e-3), Float32Array.of(0.1, 0.1, -3)];

  /** The same rule in full precision, written out once more from the paper's algorithm 2. */
  function byHand(): number[] {
    const values = [1, -2, 0.5];
    const first = [0, 0, 0];
    const second = [0, 0, 0];
    for (const [index, gradient] of gradients.entries()) {
      for (let i = 0; i < 3; i += 1) {
        const g = gradient[i] ?? 0;
        first[i] = 0.9 * (first[i] ?? 0) + 0.1 * g;
        second[i] = 0.999 * (second[i] ?? 0) + 0.001 * g * g;
        const mean = (first[i] ?? 0) / (1 - 0.9 ** (index + 1));
        const square = (second[i] ?? 0) / (1 - 0.999 ** (index + 1));
        values[i] = (values[i] ?? 0) - 0.1 * 0.01 * (values[i] ?? 0) - (0.1 * mean) / (Math.sqrt(square) + 1e-8);
      }
    }
    return values;
  }

  it("follows the paper's algorithm", () => {
    const optimizer = new AdamW(options);
    let values: Float32Array = Float32Array.of(1, -2, 0.5);
    for (const gradient of gradients)
      values = optimizer.update("w", values, gradient, { learningRate: 0.1, weightDecay: 0.01 });
    for (const [i, expected] of byHand().entries()) expect(values[i]).toBeCloseTo(expected, 5);
  });

  it("leaves what it was given as it was", () => {
    const values = Float32Array.of(1);
    const gradient = Float32Array.of(2);
    new AdamW(options).update("w", values, gradient, { learningRate: 0.1, weightDecay: 0.1 });
    expect([values[0], gradient[0]]).toEqual([1, 2]);
  });

  it("counts each name's updates for itself", () => {
    const optimizer = new AdamW(options);
    const update = { learningRate: 0.1, weightDecay: 0 };
    for (let i = 0; i < 5; i += 1) optimizer.update("a", Float32Array.of(0), Float32Array.of(1), update);
    const late = optimizer.update("b", Float32Array.of(0), Float32Array.of(1), update);
    expect(late[0]).toBeCloseTo(-0.1, 6);
  });

  it("goes on from a captured state with the very same bits", () => {
    const update = { learningRate: 0.01, weightDecay: 0.01 };
    const straight = new AdamW(options);
    let expected: Float32Array = Float32Array.of(1, 2, 3);
    for (const gradient of gradients) expected = straight.update("w", expected, gradient, update);
    const before = new AdamW(options);
    let values: Float32Array = before.update("w", Float32Array.of(1, 2, 3), gradients[0] as Float32Array, update);
    const after = new AdamW(options);
    after.restore(before.capture());
    for (const gradient of gradients.slice(1)) values = after.update("w", values, gradient, update);
    expect(values).toEqual(expected);
  });
});
