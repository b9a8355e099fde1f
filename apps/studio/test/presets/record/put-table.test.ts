import { describe, expect, it } from "vitest";
import { trials } from "../trials/trials.ts";
import { putTable } from "./record-preset.ts";

const readme = "before\n<!-- presets -->\nold\n<!-- /presets -->\nafter\n";
const example = { prompt: "a|b", base: "no", adapted: "line\nline", basePasses: false, adaptedPasses: true };

describe("the table of presets", () => {
  it("takes the place of the one before, and leaves the rest of the README", () => {
    const recorded = { voice: { seconds: 9, engine: "wasm", examples: [example] } };
    const written = putTable(readme, recorded, trials);
    expect(written).toMatch(/^before\n<!-- presets -->\n[\s\S]*<!-- \/presets -->\nafter\n$/);
    expect(written).not.toContain("old");
    expect(written).toContain("| a\\|b | no | yes | line line |");
    expect(written).toContain("base 0 of 1, adapted 1 of 1");
    expect(putTable(written, recorded, trials)).toBe(written);
  });

  it("is refused where the README has no place for it", () => {
    expect(() => putTable("nothing", {}, trials)).toThrow("<!-- presets -->");
  });
});
