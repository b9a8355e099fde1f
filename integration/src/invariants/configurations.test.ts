// Invariants 19 and 22: what a configuration says, and which layers it means.

import { createLoraConfig, parseLoraConfig, scalingOf } from "@lowrank/adapter-format";
import { matchesTarget, rankOf, serializeLoraConfig } from "@lowrank/adapter-format/internal";
import type { Warning } from "@lowrank/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("19. configurations are read as PEFT reads them and written as PEFT writes them", () => {
  const minimal = { peft_type: "LORA" };

  it("keys that are not known are kept, with one warning for all of them", () => {
    const warnings: Warning[] = [];
    const json = JSON.stringify({ ...minimal, later_idea: { deep: [1] }, another: null });
    const config = parseLoraConfig(json, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/another.*later_idea|later_idea.*another/s),
    ]);
    expect(JSON.parse(serializeLoraConfig(config))).toMatchObject({ later_idea: { deep: [1] }, another: null });
  });

  it("keys that are missing have PEFT's defaults; no peft_type, or another, is an error", () => {
    expect(parseLoraConfig(JSON.stringify(minimal))).toMatchObject({ rank: 8, alpha: 8, dropout: 0, bias: "none" });
    expect(() => parseLoraConfig("{}")).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }));
    expect(() => parseLoraConfig('{"peft_type": "IA3"}')).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_PEFT_TYPE" }),
    );
  });

  it("inference_mode is written as true whatever it was, runtime_config never", () => {
    const json = JSON.stringify({ ...minimal, inference_mode: false, runtime_config: { ephemeral_gpu_offload: true } });
    const written = JSON.parse(serializeLoraConfig(parseLoraConfig(json)));
    expect(written.inference_mode).toBe(true);
    expect(written).not.toHaveProperty("runtime_config");
  });

  it("targets keep their form: lists stay lists, patterns stay patterns, in any configuration", () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(".*q_proj", null), fc.uniqueArray(fc.string({ minLength: 1 }))),
        fc.integer({ min: 1, max: 4096 }),
        fc.double({ min: 0.5, max: 64, noNaN: true }),
        (targetModules, rank, alpha) => {
          const config = createLoraConfig({ rank, alpha, targetModules });
          expect(parseLoraConfig(serializeLoraConfig(config))).toEqual({ ...config, inferenceMode: true });
        },
      ),
      { seed: 20 },
    ));
});

describe("22. patterns have the same meaning as in PEFT", () => {
  it.each([
    ["foo", ["foo"], null, null, true],
    ["foo", ".*oo", null, null, true],
    ["foo", "oo", null, null, false],
    ["a.foo", ["foo"], null, null, true],
    ["a.bfoo", ["foo"], null, null, false],
    ["foo.bar.1.baz", ["baz"], [1], ["bar"], true],
    ["foo.bar.1.baz", ["baz"], [0], ["bar"], false],
    ["foo.bar.10.baz", ["baz"], [1], ["bar"], false],
    ["foo.whatever.1.baz", ["baz"], [1], null, true],
    ["foo.bar.001.baz", ["baz"], [1], ["bar"], true],
    ["foo.bar.1.spam.2.baz", ["baz"], [1], ["bar"], true],
    ["foo.bar.2.spam.1.baz", ["baz"], [1], ["bar"], false],
    ["transformer.h.1.attn.attention.q_proj.foo", ["q_proj"], null, null, false],
    ["transformer.h.1.attn.attention.q_proj", ["q_proj"], [1], ["h"], true],
  ] as const)(
    "%s is a target by %j, layers %j, container %j: %j",
    (path, targetModules, layersToTransform, layersPattern, expected) => {
      expect(matchesTarget(createLoraConfig({ targetModules, layersToTransform, layersPattern }), path)).toBe(expected);
    },
  );

  it.each([
    ["foo", "a.foo", 2],
    ["foo", "a.bfoo", 8],
    ["^foo", "foo", 2],
    ["^foo", "a.foo", 8],
    ["module.foo", "x.module.foo", 2],
    ["fo+", "a.fooo", 2],
  ])("the rank by %j of %s is %d", (pattern, path, expected) => {
    const config = createLoraConfig({ rank: 8, alpha: 8, rankPattern: new Map([[pattern, 2]]) });
    expect(rankOf(config, path)).toBe(expected);
    expect(scalingOf(config, path)).toBe(8 / expected);
  });
});
