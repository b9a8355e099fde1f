import { expect, it } from "vitest";
import { editDistance } from "./messages.ts";

it.each([
  ["", "", 0],
  ["wte", "", 3],
  ["", "wte", 3],
  ["c_attn", "c_attn", 0],
  ["c_atn", "c_attn", 1],
  ["kitten", "sitting", 3],
])("%j and %j differ by %d letters", (one, other, distance) => {
  expect(editDistance(one, other)).toBe(distance);
});

it("compares at most 200 letters, so that an untrusted name costs no time", () => {
  expect(editDistance("x".repeat(1e6), "y".repeat(1e6))).toBe(200);
});
