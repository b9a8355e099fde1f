import { LowrankError, type Warning } from "@lowrank/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { invalidAdapterConfigError } from "../errors.ts";

import { parseLoraConfig } from "../formats/peft/parse-lora-config.ts";
import { serializeLoraConfig } from "../formats/peft/write-adapter.ts";
import type { LoraConfig } from "../lora-config.ts";
import { unsupportedFeatures } from "../variants/features.ts";
import { createLoraConfig } from "./create-lora-config.ts";

function parse(fields: Readonly<Record<string, unknown>>): LoraConfig {
  return parseLoraConfig(JSON.stringify({ peft_type: "LORA", ...fields }));
}

/** The keys of the problems that reading reports. */
function problemKeys(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (LowrankError.isInstance<ReturnType<typeof invalidAdapterConfigError>>(error, "INVALID_ADAPTER_CONFIG"))
      return error.problems.map(({ key }) => key);
    throw error;
  }
  return [];
}

describe("reading a configuration", () => {
  it("has PEFT's defaults for the smallest file that PEFT loads", () => {
    const config = parse({ target_modules: ["q_proj"] });
    expect(config).toEqual({ ...createLoraConfig({ targetModules: ["q_proj"] }), peftVersion: null });
    expect([config.rank, config.alpha, config.dropout, config.init, config.bias]).toEqual([8, 8, 0, true, "none"]);
  });

  it.each([0, -1, 4097, 1e9, 8.5, "8", null, true])("refuses the rank %j", (r) => {
    expect(problemKeys(() => parse({ r }))).toEqual(["r"]);
  });

  it("refuses an infinite alpha and an infinite rank, which JSON can say as 1e999", () => {
    expect(problemKeys(() => parseLoraConfig('{"peft_type": "LORA", "r": 1e999, "lora_alpha": 1e999}'))).toEqual([
      "r",
      "lora_alpha",
    ]);
  });

  it("accepts what other tools write: an integer dropout, a float alpha, a pattern as target, null for no patterns", () => {
    const config = parse({ lora_dropout: 0, lora_alpha: 1.5, target_modules: ".*q", rank_pattern: null });
    expect([config.dropout, config.alpha, config.targetModules, config.rankPattern.size]).toEqual([0, 1.5, ".*q", 0]);
  });

  it("reads patterns that JavaScript wrote as plain objects, and refuses other values", () => {
    const given = { rankPattern: { q_proj: 4 } } as unknown as Partial<LoraConfig>;
    expect(createLoraConfig(given).rankPattern).toEqual(new Map([["q_proj", 4]]));
    const wrong = { alphaPattern: { q_proj: "4" } } as unknown as Partial<LoraConfig>;
    expect(() => createLoraConfig(wrong)).toThrow(/alphaPattern: found {"q_proj":"4"}/);
  });

  it("reports every broken field at once, with the expected value", () => {
    const broken = {
      lora_dropout: 1,
      bias: "some",
      task_type: "CLS",
      use_rslora: "yes",
      rank_pattern: { q: 0 },
      target_modules: [1],
    };
    expect(new Set(problemKeys(() => parse(broken)))).toEqual(new Set(Object.keys(broken)));
    expect(() => parse({ bias: "some" })).toThrow('bias: found "some", expected one of none, all, lora_only');
  });

  it.each([
    [{ target_modules: ".*", layers_to_transform: [1] }, "layers_to_transform"],
    [{ target_modules: ".*", layers_pattern: "h" }, "layers_pattern"],
    [{ target_modules: ["q"], layers_pattern: ["h"] }, "layers_pattern"],
    [{ init_lora_weights: "pizza" }, "init_lora_weights"],
    [{ init_lora_weights: "loftq" }, "init_lora_weights"],
    [{ lora_bias: true, use_dora: true }, "lora_bias"],
    [{ lora_bias: true, init_lora_weights: "pissa" }, "lora_bias"],
    [{ use_dora: true, megatron_config: {} }, "use_dora"],
    [{ alora_invocation_tokens: [1], use_dora: true }, "alora_invocation_tokens"],
    [{ alora_invocation_tokens: [1], init_lora_weights: "mica" }, "alora_invocation_tokens"],
    [{ alora_invocation_tokens: [1], velora_config: {} }, "alora_invocation_tokens"],
  ])("refuses %j, which contradicts itself", (fields, key) => {
    expect(problemKeys(() => parse(fields))).toContain(key);
  });

  it("treats an empty list of invocation tokens as absent, as PEFT does", () => {
    const config = parse({ alora_invocation_tokens: [], use_dora: true });
    expect(unsupportedFeatures(config, new Set()).map(({ feature }) => feature)).toEqual(["use_dora"]);
  });

  it("refuses an adapter of another kind, and one that does not say its kind", () => {
    expect(() => parseLoraConfig('{"peft_type": "ADALORA"}')).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_PEFT_TYPE" }),
    );
    expect(problemKeys(() => parseLoraConfig('{"r": 8}'))).toEqual(["peft_type"]);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["more than 1 MB", `{"peft_type": "LORA", "revision": "${"a".repeat(1_000_000)}"}`],
    ["17 levels", `{"a": ${"[".repeat(17)}${"]".repeat(17)}}`],
    ["a million open brackets", "[".repeat(999_999)],
    ["a text over 64 KB", `{"peft_type": "LORA", "revision": "${"a".repeat(70_000)}"}`],
    ["a list over 100 000 entries", `{"peft_type": "LORA", "alora_invocation_tokens": [${"0,".repeat(100_000)}0]}`],
  ])("refuses %s with one error about the whole file", (_, text) => {
    expect(problemKeys(() => parseLoraConfig(text))).toEqual(["the whole file"]);
  });

  it("names the file in its errors", () => {
    expect(() => parseLoraConfig("{}", { file: "run/adapter_config.json" })).toThrow("run/adapter_config.json");
  });
});

describe("any file at all", () => {
  const keys = Object.keys(JSON.parse(serializeLoraConfig(createLoraConfig())));
  const odd = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }));

  it("is read, or refused with an error of our own", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          odd.map((fields) => JSON.stringify(fields)),
        ),
        (text) => {
          for (const file of [text, text.replace("{", '{"peft_type": "LORA",')]) {
            try {
              parseLoraConfig(file);
            } catch (error) {
              if (!LowrankError.isInstance(error)) throw error;
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("unknown keys", () => {
  it("are named in a short warning, even thousands of them", () => {
    const warnings: Warning[] = [];
    const keys = Array.from({ length: 20_000 }, (_, at) => [`key\u001b\n${at}`, at]);
    const json = JSON.stringify({ peft_type: "LORA", ...Object.fromEntries(keys) });
    parseLoraConfig(json, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ message }) => message.length < 1000)).toEqual([true]);
    expect(warnings[0]?.message).toContain('"key\\u001b\\n1"');
    expect(warnings[0]?.message).toContain("and 19988 more");
  });

  it("are kept, written back, and give one warning", () => {
    const warnings: Warning[] = [];
    const json = JSON.stringify({ peft_type: "LORA", zebra: { stripes: [1] }, apple: null });
    const config = parseLoraConfig(json, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ code }) => code)).toEqual(["UNKNOWN_ADAPTER_CONFIG_KEYS"]);
    expect(warnings[0]?.message).toContain('"apple", "zebra"');
    expect(JSON.parse(serializeLoraConfig(config))).toMatchObject({ zebra: { stripes: [1] }, apple: null });
  });

  it("runtime_config is dropped with a warning, as in PEFT", () => {
    const warnings: Warning[] = [];
    const json = '{"peft_type": "LORA", "runtime_config": {"ephemeral_gpu_offload": true}}';
    const config = parseLoraConfig(json, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ code }) => code)).toEqual(["RUNTIME_CONFIG_IGNORED"]);
    expect(serializeLoraConfig(config)).not.toContain("runtime_config");
  });

  it("cannot reach an object's prototype, at any depth", () => {
    const poison = '{"polluted": true}';
    const json = `{"peft_type": "LORA", "__proto__": ${poison}, "constructor": {"prototype": ${poison}},
      "rank_pattern": {"__proto__": 4}, "megatron_config": {"__proto__": ${poison}}}`;
    const config = parseLoraConfig(json);
    const again = parseLoraConfig(serializeLoraConfig(config));
    expect(config.rankPattern.get("__proto__")).toBe(4);
    expect(again.rankPattern.get("__proto__")).toBe(4);
    expect(Object.getPrototypeOf(again)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("making a configuration", () => {
  it("checks options as it checks a file", () => {
    expect(problemKeys(() => createLoraConfig({ rank: 0, dropout: 2 }))).toEqual(["rank", "dropout"]);
  });

  it("saves the classifier of a classification, as PEFT does", () => {
    expect(createLoraConfig({ taskType: "SEQ_CLS" }).modulesToSave).toEqual(["classifier", "score"]);
    expect(createLoraConfig({ taskType: "TOKEN_CLS", modulesToSave: ["score", "extra"] }).modulesToSave).toEqual([
      "score",
      "extra",
      "classifier",
    ]);
    expect(createLoraConfig({ taskType: "CAUSAL_LM" }).modulesToSave).toBeNull();
  });

  it("saves the head that finds answers, without which PEFT does not load the file", () => {
    expect(createLoraConfig({ taskType: "QUESTION_ANS" }).modulesToSave).toEqual(["qa_outputs"]);
    const named = createLoraConfig({ taskType: "QUESTION_ANS", modulesToSave: ["qa_outputs", "extra"] });
    expect(named.modulesToSave).toEqual(["qa_outputs", "extra"]);
  });

  it("names the version of the format", () => {
    expect(createLoraConfig().peftVersion).toBe("0.21.2");
  });
});

describe("writing a configuration", () => {
  it("writes inference_mode as true and a dropout of 0 as a float, as PEFT does", () => {
    const json = serializeLoraConfig(createLoraConfig());
    expect(json).toContain('"inference_mode": true');
    expect(json).toContain('"lora_dropout": 0.0');
  });

  it("escapes non-ASCII characters, as Python does", () => {
    expect(serializeLoraConfig(createLoraConfig({ baseModel: "모델" }))).toContain('"\\ubaa8\\ub378"');
  });

  const someConfig = fc.record({
    rank: fc.integer({ min: 1, max: 4096 }),
    alpha: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    dropout: fc.double({ min: 0, max: 0.99, noNaN: true }).map((value) => value + 0),
    targetModules: fc.oneof(fc.constant(null), fc.array(fc.string({ minLength: 1 })), fc.constant("all-linear")),
    baseModel: fc.option(fc.string({ unit: "binary" })),
    rankPattern: fc.array(fc.tuple(fc.string(), fc.integer({ min: 1, max: 64 }))).map((rows) => new Map(rows)),
    rankStabilized: fc.boolean(),
    trainableTokenIndices: fc.oneof(
      fc.constant(null),
      fc.array(fc.nat()),
      fc.array(fc.tuple(fc.string(), fc.array(fc.nat()))).map((rows) => new Map(rows)),
    ),
    unknown: fc.dictionary(fc.stringMatching(/^zz[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 2 })).map((values) => {
      const plain: Record<string, never> = JSON.parse(JSON.stringify(values));
      return new Map(Object.entries(plain));
    }),
  });

  it("is the same after writing and reading, for any configuration", () => {
    fc.assert(
      fc.property(someConfig, (options) => {
        const config = { ...createLoraConfig(options), inferenceMode: true };
        expect(parseLoraConfig(serializeLoraConfig(config))).toEqual(config);
      }),
    );
  });
});
