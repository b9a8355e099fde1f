// Reading and refusing config.json.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Warning } from "../../errors.ts";
import { LowrankError } from "../../errors.ts";
import { InvalidConfigError } from "../errors.ts";
import { familyOf, supportedModelTypes } from "../families.ts";
import { checkConfig } from "./check-config.ts";
import { checkConfigOf } from "./check-config-of.ts";

const gpt2 = { model_type: "gpt2", vocab_size: 100, n_embd: 32, n_layer: 2, n_head: 4, n_positions: 32 };
const llama = {
  model_type: "llama",
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};
const bert = { ...llama, model_type: "bert" };
const mistral = { ...llama, model_type: "mistral", num_key_value_heads: 2 };

/** The problems of a configuration, as "kind key". */
function problemsOf(config: unknown): readonly string[] {
  try {
    checkConfig(config);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems.map(({ kind, key }) => `${kind} ${key}`);
    throw error;
  }
  return [];
}

describe("a broken configuration", () => {
  it("names every missing and every broken key at once, with the file", () => {
    const broken = { ...gpt2, n_embd: "32", n_layer: undefined, n_head: 4.5 };
    expect(problemsOf(broken)).toEqual(["invalid n_embd", "missing n_layer", "invalid n_head"]);
    expect(() => checkConfig(broken, undefined, "model/config.json")).toThrow(
      'model/config.json cannot be used:\n  - n_embd: got "32", expected an integer from 1 to 131072',
    );
  });

  it.each([null, [], "gpt2", 7, undefined])("refuses %j in place of an object", (whole) => {
    expect(problemsOf(whole)).toEqual(["invalid the whole file"]);
  });

  it("refuses an unknown model type and lists the known ones", () => {
    expect(() => checkConfig({ model_type: "mamba" })).toThrow(expect.objectContaining({ code: "UNSUPPORTED_MODEL" }));
    expect(() => checkConfig({ model_type: "mamba" })).toThrow(`Supported types: ${supportedModelTypes.join(", ")}`);
    expect(problemsOf({})).toEqual(["missing model_type"]);
    expect(problemsOf({ model_type: 3 })).toEqual(["invalid model_type"]);
  });

  it.each([
    ["heads that do not divide the width", { ...gpt2, n_head: 5 }, "invalid n_head"],
    [
      "key–value heads that do not divide the heads",
      { ...llama, num_key_value_heads: 3 },
      "invalid num_key_value_heads",
    ],
    ["an odd rotating head", { ...llama, head_dim: 7 }, "invalid head_dim"],
    ["an absurd size", { ...llama, hidden_size: 1e9 }, "invalid hidden_size"],
    ["a negative size", { ...llama, num_hidden_layers: -1 }, "invalid num_hidden_layers"],
    ["a rate above 1", { ...gpt2, attn_pdrop: 2 }, "invalid attn_pdrop"],
    ["a text as flag", { ...gpt2, tie_word_embeddings: "yes" }, "invalid tie_word_embeddings"],
    ["names that skip a class", { ...bert, id2label: { "0": "a", "2": "b" } }, "invalid id2label.1"],
  ])("refuses %s", (_, config, problem) => {
    expect(problemsOf(config)).toEqual([problem]);
  });
});

describe("a configuration of a family that is given", () => {
  it("is read as with all families, and has its family", () => {
    expect(checkConfigOf(familyOf("gpt2"), gpt2)).toEqual(checkConfig(gpt2));
    expect(checkConfig(gpt2).family).toBe(familyOf("gpt2"));
  });

  it.each([
    ["llama", gpt2, 'model_type: got "gpt2", expected "llama"'],
    ["gpt2", { ...gpt2, model_type: undefined }, 'model_type: got nothing, expected "gpt2"'],
  ])("refuses another model type for %s", (family, config, line) => {
    expect(() => checkConfigOf(familyOf(family), config)).toThrow(line);
  });
});

describe("keys that change the mathematics", () => {
  it.each([
    [{ ...mistral, attention_bias: true }, "attention_bias"],
    [{ ...mistral, mlp_bias: true }, "mlp_bias"],
    [{ ...mistral, layer_types: ["full_attention", "full_attention"] }, "layer_types"],
    [{ ...llama, model_type: "opt", ffn_dim: 48, layerdrop: 0.1 }, "layerdrop"],
    [{ ...llama, model_type: "gemma2", use_bidirectional_attention: true }, "use_bidirectional_attention"],
    [{ ...llama, hidden_act: "prelu" }, "hidden_act"],
    [{ ...llama, rope_scaling: { type: "proportional", factor: 2 } }, "rope_scaling.type"],
    [{ ...llama, rope_parameters: { rope_type: "dynamic", factor: 2, alpha: 3 } }, "rope_parameters.alpha"],
    [
      { ...llama, rope_parameters: { sliding_attention: { rope_type: "default" } } },
      "rope_parameters.sliding_attention",
    ],
    [{ ...llama, quantization_config: { bits: 4 } }, "quantization_config.quant_method"],
    [{ ...llama, sliding_window: 4096 }, "sliding_window"],
    [{ ...llama, attn_logit_softcapping: 50 }, "attn_logit_softcapping"],
    [{ ...llama, scale_attn_weights: false }, "scale_attn_weights"],
    [{ ...llama, is_causal: false }, "is_causal"],
    [{ ...llama, model_type: "bloom", slow_but_exact: true }, "slow_but_exact"],
    [{ ...gpt2, add_cross_attention: true }, "add_cross_attention"],
    [{ ...gpt2, rope_scaling: { type: "linear", factor: 2 } }, "rope_scaling"],
    [{ ...bert, position_embedding_type: "relative_key" }, "position_embedding_type"],
    [{ ...bert, is_decoder: true, add_cross_attention: true }, "add_cross_attention"],
  ])("refuses %j", (config, key) => {
    expect(problemsOf(config)).toEqual([`not-handled ${key}`]);
  });

  it("reports the effect of the value and the supported values", () => {
    expect(() => checkConfig({ ...llama, scale_attn_weights: false })).toThrow(
      "scale_attn_weights: got false, expected null or true (false leaves attention scores unscaled)",
    );
  });

  it("reads supported values", () => {
    const scores = { scale_attn_weights: false, scale_attn_by_inverse_layer_idx: true };
    expect(checkConfig({ ...gpt2, ...scores }).switches).toMatchObject({ scaledScores: false, scaledByLayer: true });
    expect(checkConfig(gpt2).switches).toMatchObject({ scaledScores: true, scaledByLayer: false });
    const names = ["quick_gelu", "relu2", "sigmoid", "tanh", "mish"];
    expect(names.map((name) => checkConfig({ ...llama, hidden_act: name }).activation)).toEqual([
      "gelu-sigmoid",
      "relu-squared",
      "sigmoid",
      "tanh",
      "mish",
    ]);
  });

  it("reads the direction of attention, if it is not the family's", () => {
    const isReversed = (config: object) => checkConfig(config).switches.flipsCausalMask;
    expect([isReversed(bert), isReversed({ ...bert, is_decoder: true })]).toEqual([false, true]);
    const gemma = { ...llama, model_type: "gemma3_text", head_dim: 8 };
    expect([isReversed(gemma), isReversed({ ...gemma, use_bidirectional_attention: true })]).toEqual([false, true]);
  });

  it("accepts the values that change nothing", () => {
    expect(problemsOf({ ...gpt2, reorder_and_upcast_attn: true, pruned_heads: {}, rope_scaling: null })).toEqual([]);
  });
});

describe("other unknown keys", () => {
  it("are named in a short warning even if there are thousands", () => {
    const warnings: Warning[] = [];
    const keys = Array.from({ length: 20_000 }, (_, at) => [`key\u001b\n${at}`, at]);
    checkConfig({ ...gpt2, ...Object.fromEntries(keys) }, (warning) => warnings.push(warning));
    expect(warnings.map(({ message }) => message.length < 1000)).toEqual([true]);
    expect(warnings[0]?.message).toContain('"key\\u001b\\n0"');
    expect(warnings[0]?.message).toContain("and 19988 more");
  });

  it("give one warning that lists them", () => {
    const warnings: Warning[] = [];
    checkConfig({ ...gpt2, zebra: 1, apple: 2, use_cache: true }, (warning) => warnings.push(warning));
    expect(warnings.map(({ code }) => code)).toEqual(["UNKNOWN_CONFIG_KEYS"]);
    expect(warnings[0]?.message).toContain('"apple", "zebra"');
  });

  it("cannot reach an object's prototype", () => {
    checkConfig(JSON.parse(JSON.stringify(gpt2).replace("{", '{"__proto__": {"polluted": true}, "constructor": 1,')));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("any configuration at all", () => {
  const bases = [gpt2, llama, bert];
  const keys = [...new Set(bases.flatMap((base) => Object.keys(base))), "rope_scaling", "rope_parameters", "id2label"];
  const odd = fc.dictionary(fc.constantFrom(...keys, "eos_token_id", "head_dim"), fc.jsonValue({ maxDepth: 3 }));

  it("returns valid numbers, or throws an error of ours", () => {
    fc.assert(
      fc.property(fc.constantFrom(...bases), odd, ({ model_type, ...base }, changes) => {
        try {
          const config = checkConfig({ ...base, ...changes, model_type });
          const { vocabularySize, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize } = config;
          const sizes = [vocabularySize, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize];
          expect(sizes.every((size) => Number.isInteger(size) && size > 0)).toBe(true);
        } catch (error) {
          if (!LowrankError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("windows", () => {
  const four = { ...llama, num_hidden_layers: 4, sliding_window: 7 };
  const windowsOf = (config: object) => checkConfig(config).windows;

  it("are in every layer of Mistral, in every second of Gemma 2, and absent if the size is null", () => {
    expect(windowsOf({ ...four, model_type: "mistral", num_key_value_heads: 2 })).toEqual([7, 7, 7, 7]);
    expect(windowsOf({ ...four, model_type: "mistral", num_key_value_heads: 2, sliding_window: null })).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(windowsOf({ ...four, model_type: "gemma2", head_dim: 8 })).toEqual([7, null, 7, null]);
  });

  it("are in Qwen's upper layers, if they are switched on", () => {
    const qwen = { ...four, model_type: "qwen2", max_window_layers: 3 };
    expect(windowsOf(qwen)).toEqual([null, null, null, null]);
    expect(windowsOf({ ...qwen, use_sliding_window: true })).toEqual([null, null, null, 7]);
  });

  it("count the keys to one side if a query attends to both", () => {
    const gemma = { ...four, model_type: "gemma3_text", head_dim: 8, sliding_window_pattern: 2 };
    const windows = (sliding_window: number) =>
      windowsOf({ ...gemma, use_bidirectional_attention: true, sliding_window });
    expect(windows(512)).toEqual([257, null, 257, null]);
    expect(windows(7)).toEqual([4, null, 4, null]);
  });

  it("follow layer_types", () => {
    const layer_types = ["full_attention", "sliding_attention", "full_attention", "sliding_attention"];
    expect(windowsOf({ ...four, model_type: "gemma2", head_dim: 8, layer_types })).toEqual([null, 7, null, 7]);
    const wrong = { ...four, model_type: "gemma2", head_dim: 8, layer_types: ["chunked_attention"] };
    expect(problemsOf(wrong)).toEqual(["invalid layer_types"]);
  });
});

describe("the sizes of an image", () => {
  const vit = { ...llama, model_type: "vit" };
  const sizesOf = (config: object) => {
    const { imageSize, imageWidth, patchSize, patchWidth } = checkConfig(config);
    return [imageSize, imageWidth, patchSize, patchWidth];
  };

  it("are one number or two, height first", () => {
    expect(sizesOf(vit)).toEqual([224, 224, 16, 16]);
    expect(sizesOf({ ...vit, image_size: 32, patch_size: [8, 4] })).toEqual([32, 32, 8, 4]);
    expect(sizesOf({ ...vit, image_size: [32, 48] })).toEqual([32, 48, 16, 16]);
  });

  it.each([
    [[32], ["invalid image_size"]],
    [[32, 48, 3], ["invalid image_size"]],
    [[32, 0], ["invalid image_size"]],
    [["a", null], ["invalid image_size"]],
    [32.5, ["invalid image_size"]],
  ])("are refused where they are %j", (image_size, problems) => {
    expect(problemsOf({ ...vit, image_size })).toEqual(problems);
  });

  it("are the only ones that may have two numbers", () => {
    expect(problemsOf({ ...vit, num_channels: [3, 3], hidden_size: [32, 32] })).toEqual([
      "invalid hidden_size",
      "invalid num_channels",
    ]);
  });
});

describe("names of activations", () => {
  it("have the meaning of their family", () => {
    expect(checkConfig({ ...mistral, model_type: "gemma", hidden_act: "gelu" }).activation).toBe("gelu-tanh");
    expect(checkConfig({ ...mistral, hidden_act: "gelu" }).activation).toBe("gelu-erf");
  });
});

describe("an absent key", () => {
  it("has transformers' default", () => {
    expect(checkConfig(gpt2)).toMatchObject({
      intermediateSize: 128,
      keyValueHeads: 4,
      headSize: 8,
      activation: "gelu-tanh",
      normEpsilon: 1e-5,
      tiedEmbeddings: true,
      labels: 2,
      dropouts: { embedding: 0.1, attention: 0.1, residual: 0.1, classifier: 0.1 },
      rotary: null,
    });
    expect(checkConfig(llama)).toMatchObject({ tiedEmbeddings: false, activation: "silu", normEpsilon: 1e-6 });
    expect(checkConfig(bert)).toMatchObject({ tokenTypes: 2, maxPositions: 512, dropouts: { classifier: 0.1 } });
  });

  it("GPT-2's n_inner may be null", () => {
    expect(checkConfig({ ...gpt2, n_inner: null }).intermediateSize).toBe(128);
  });
});
