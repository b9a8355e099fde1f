import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { type OrderMaskOptions, orderMask } from "./pass-masks.ts";

/** One line for each query: "1" for a key that it sees. */
function seen(options: OrderMaskOptions): readonly string[] | undefined {
  const mask = orderMask(options);
  if (mask === undefined) return undefined;
  const values = mask.dataSync();
  const keyTime = mask.shape[3];
  mask.dispose();
  return Array.from({ length: options.time }, (_, query) =>
    Array.from(values.subarray(query * keyTime, (query + 1) * keyTime), (value) => (value === 0 ? "1" : "0")).join(""),
  );
}

describe("the keys that a query sees", () => {
  const all = Number.POSITIVE_INFINITY;

  it("are earlier keys, or the nearest of them, if later ones are hidden", () => {
    expect(seen({ causal: true, time: 3, past: 0, window: all })).toEqual(["100", "110", "111"]);
    expect(seen({ causal: true, time: 3, past: 1, window: 2 })).toEqual(["1100", "0110", "0011"]);
  });

  it("are the nearest keys on both sides if none is hidden", () => {
    expect(seen({ causal: false, time: 4, past: 0, window: 2 })).toEqual(["1100", "1110", "0111", "0011"]);
    expect(seen({ causal: false, time: 2, past: 3, window: 2 })).toEqual(["00111", "00011"]);
  });

  it("is everything without an order and without a window, and for one token at the end", () => {
    expect(seen({ causal: false, time: 4, past: 0, window: all })).toBeUndefined();
    expect(seen({ causal: true, time: 1, past: 5, window: 6 })).toBeUndefined();
    expect(seen({ causal: true, time: 1, past: 5, window: 5 })).toEqual(["011111"]);
  });
});
