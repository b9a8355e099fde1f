import { describe, expect, it } from "vitest";
import { describeLayers, numberedLayers } from "./explain-unmatched.ts";

const described = (paths: readonly string[]) => describeLayers(numberedLayers(paths));

describe("the layers that paths number", () => {
  it("are a range if none is missing", () => {
    expect(described(["m.layers.2.q", "m.layers.0.q", "m.layers.1.q", "m.layers.1.v"])).toBe("layers 0 to 2");
  });

  it("are listed by container if some are missing", () => {
    expect(described(["h.7.q", "h.1.q", "m.blocks.0.experts.3.w"])).toBe("h 1, 7; blocks 0; experts 3");
  });

  it("are truncated if there are many", () => {
    expect(described(Array.from({ length: 30 }, (_, index) => `h.${2 * index}.q`))).toMatch(/22 and 18 more$/);
  });

  it("are empty if a number ends a path", () => {
    expect(described(["score.0", "q"])).toBe("");
  });
});
