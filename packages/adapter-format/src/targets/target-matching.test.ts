// The verdicts of PEFT 0.21.2 itself (fixtures/make_target_matching.py), its own table of tests among them.
//
// Two rows of that table changed in PEFT 0.21: a layer container may be the first segment of a path ("bar.1.baz",
// "blocks.1.weight"), as it is in a bare base model ("layers.0.self_attn.q_proj").

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import { parseLoraConfig } from "../formats/peft/parse-lora-config.ts";
import { matchesTarget, targetVerdict } from "./matches-target.ts";
import { alphaOf, rankOf, scalingOf } from "./scaling.ts";

interface Golden {
  readonly targets: readonly { path: string; fields: Record<string, unknown>; verdict: string }[];
  readonly patterns: readonly { path: string; keys: readonly string[]; hit: string | null }[];
}

const packed = readFileSync(new URL("../../fixtures/target-matching.json.gz", import.meta.url));
const golden: Golden = JSON.parse(gunzipSync(packed).toString());

describe("target matching", () => {
  it("has PEFT's result in every golden case", () => {
    const ours = golden.targets.map(({ path, fields }) => {
      const config = parseLoraConfig(JSON.stringify({ peft_type: "LORA", ...fields }));
      const verdict = targetVerdict(config, path);
      return verdict === "excluded" || verdict === "saved-whole" ? "left-out" : verdict;
    });
    expect(ours).toEqual(golden.targets.map(({ verdict }) => verdict));
  });

  it("matches names in a list literally", () => {
    const config = createLoraConfig({ targetModules: [".*q_proj", "v_pro."] });
    expect(matchesTarget(config, "layers.0.q_proj")).toBe(false);
    expect(matchesTarget(config, "layers.0.v_proj")).toBe(false);
  });

  it("matches a pattern against the whole path, not a part of it", () => {
    const config = createLoraConfig({ targetModules: "q_proj|v_proj" });
    expect(matchesTarget(config, "q_proj")).toBe(true);
    expect(matchesTarget(config, "layers.0.q_proj")).toBe(false);
  });

  it("matches no ending that starts inside a segment", () => {
    expect(matchesTarget(createLoraConfig({ targetModules: ["proj"] }), "layers.0.q_proj")).toBe(false);
  });

  it("does not apply the choice of layers to full names", () => {
    const config = createLoraConfig({ targetModules: ["layers.0.q"], layersToTransform: [1] });
    expect(matchesTarget(config, "layers.0.q")).toBe(true);
  });
});

describe("rank and alpha by pattern", () => {
  it("finds the key that PEFT finds in every golden case", () => {
    const ours = golden.patterns.map(({ path, keys }) => {
      const rankPattern = new Map(keys.map((key, index) => [key, index + 1]));
      const rank = rankOf(createLoraConfig({ rank: 99, rankPattern }), path);
      return rank === 99 ? null : (keys[rank - 1] ?? null);
    });
    expect(ours).toEqual(golden.patterns.map(({ hit }) => hit));
  });

  it("resolves rank and alpha independently and scales by the result", () => {
    const config = createLoraConfig({
      rank: 8,
      alpha: 8,
      rankPattern: new Map([
        ["^model.layers.1.down_proj", 64],
        ["q_proj", 16],
      ]),
      alphaPattern: new Map([["layers\\.0\\.q_proj", 32]]),
    });
    expect(rankOf(config, "model.layers.0.q_proj")).toBe(16);
    expect(alphaOf(config, "model.layers.0.q_proj")).toBe(32);
    expect(scalingOf(config, "model.layers.0.q_proj")).toBe(2);
    expect(scalingOf(config, "model.layers.1.q_proj")).toBe(0.5);
    expect(scalingOf(config, "model.layers.1.down_proj")).toBe(0.125);
    expect(scalingOf(config, "model.layers.0.down_proj")).toBe(1);
    expect(scalingOf({ ...config, rankStabilized: true }, "model.layers.0.q_proj")).toBe(8);
  });

  it("uses the first of several keys that match, in the file's order", () => {
    const first = parseLoraConfig('{"peft_type": "LORA", "rank_pattern": {"q": 2, "a.q": 3}}');
    const second = parseLoraConfig('{"peft_type": "LORA", "rank_pattern": {"a.q": 3, "q": 2}}');
    expect(rankOf(first, "a.q")).toBe(2);
    expect(rankOf(second, "a.q")).toBe(3);
  });
});
