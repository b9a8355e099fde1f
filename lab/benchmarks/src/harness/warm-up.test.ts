import { describe, expect, it } from "vitest";
import { warmUp } from "./warm-up.ts";

/** Steps that take so long, the last one for ever. */
function stepsOf(...milliseconds: readonly number[]) {
  let made = 0;
  return async () => milliseconds[Math.min(made++, milliseconds.length - 1)] ?? 0;
}

describe("warmUp", () => {
  it("ends when the last three steps are within 5 %, and gives their median", async () => {
    const step = stepsOf(1639, 1178, 900, 656, 650, 631, 640);
    expect(await warmUp(step, { warmUp: 2 })).toEqual({ milliseconds: 650, steps: 6, isSteady: true });
  });

  it("makes as many steps as were asked for, and three at least", async () => {
    expect((await warmUp(stepsOf(10), { warmUp: 7 })).steps).toBe(7);
    expect((await warmUp(stepsOf(10), { warmUp: 1 })).steps).toBe(3);
  });

  it("gives up after 40 steps, or fewer, and reports it", async () => {
    let made = 0;
    const step = async () => (made++ % 2 === 0 ? 10 : 11);
    expect(await warmUp(step, { warmUp: 2 })).toMatchObject({ steps: 40, isSteady: false });
    expect(await warmUp(step, { warmUp: 2, maxWarmUp: 5 })).toMatchObject({ steps: 5, isSteady: false });
  });

  it("gives up after 90 seconds, of which the first step is no part", async () => {
    let made = 0;
    const result = await warmUp(async () => (made++ === 0 ? 111_000 : 10_000 + 1000 * made), { warmUp: 2 });
    expect(result).toEqual({ milliseconds: 17_000, steps: 8, isSteady: false });
  });
});
