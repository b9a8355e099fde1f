import { describe, expect, it } from "vitest";
import type { EngineName } from "../engines/facts.ts";
import { pickFastest } from "./pick-fastest.ts";

const timed = (name: EngineName, gflops: number) => ({
  name,
  speed: { shape: [512, 768, 3072] as const, milliseconds: 1, gflops },
});

describe("pickFastest", () => {
  it("picks the faster engine and has both speeds as the reason against the other", () => {
    const { fastest, skipped } = pickFastest(timed("wasm", 100), [timed("tfjs-node", 200)]);
    expect(fastest.name).toBe("tfjs-node");
    expect(skipped).toEqual([
      { name: "wasm", reason: "it runs, but multiplies 512 × 768 × 3072 at 100 GFLOPS and tfjs-node at 200" },
    ]);
  });

  it("keeps the order if the difference is within the variation of timings", () => {
    const { fastest, skipped } = pickFastest(timed("wasm", 100), [timed("tfjs-node", 109)]);
    expect(fastest.name).toBe("wasm");
    expect(skipped).toEqual([{ name: "tfjs-node", reason: expect.stringMatching(/109 .* 100, .*not a clear diff/) }]);
  });

  it("skips none if only one runs", () => {
    expect(pickFastest(timed("cpu", 1), [])).toMatchObject({ fastest: { name: "cpu" }, skipped: [] });
  });
});
