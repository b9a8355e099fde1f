import { expect, it } from "vitest";
import { spanOverlap } from "./span-overlap.ts";

const batch = { rows: 1, time: 5, attentionMask: Int32Array.of(1, 1, 1, 1, 0), labels: Int32Array.of(2, 3) };

/** Logits with these two places likeliest. */
function places(start: number, end: number): Float32Array {
  const logits = new Float32Array(10);
  logits[2 * start] = 5;
  logits[2 * end + 1] = 5;
  return logits;
}

it.each([
  [2, 3, 1],
  [2, 2, 2 / 3],
  [1, 1, 0],
])("an answer from %i to %i shares %f of its tokens with the one from 2 to 3", (start, end, overlap) => {
  expect(spanOverlap(places(start, end), batch)).toBeCloseTo(overlap, 12);
});

it("no answer ends in the padding, or is on the first token", () => {
  expect(spanOverlap(places(2, 4), batch)).toBeGreaterThan(0);
  expect(spanOverlap(places(0, 0), { ...batch, labels: Int32Array.of(0, 0) })).toBe(0);
});
