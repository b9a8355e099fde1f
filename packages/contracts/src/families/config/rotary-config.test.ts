import { describe, expect, it } from "vitest";
import { InvalidConfigError } from "../errors.ts";
import { checkConfig } from "./check-config.ts";

const llama = {
  model_type: "llama",
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};

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

describe("rotary positions", () => {
  it("rotate a share of each head, by any of its keys", () => {
    const neox = { ...llama, model_type: "gpt_neox", rotary_emb_base: 500 };
    expect(checkConfig(neox).rotary).toEqual({ theta: 500, share: 0.25, scaling: { type: "none" } });
    expect(checkConfig({ ...neox, rotary_pct: 0.5, partial_rotary_factor: 1 }).rotary?.share).toBe(0.5);
    const inside = { rope_theta: 700, rope_type: "default", partial_rotary_factor: 1 };
    expect(checkConfig({ ...neox, rope_parameters: inside }).rotary).toEqual({
      theta: 700,
      share: 1,
      scaling: { type: "none" },
    });
  });

  it("rotate an even number of features; GPT-NeoX rounds up, if the head is large enough", () => {
    const neox = { ...llama, model_type: "gpt_neox" };
    expect(problemsOf({ ...neox, rotary_pct: 0.4 })).toEqual([]); // 3 of 8
    expect(problemsOf({ ...neox, hidden_size: 28, rotary_pct: 1 })).toEqual(["invalid num_attention_heads"]); // 7 of 7
    expect(problemsOf({ ...neox, rotary_pct: 0.1 })).toEqual(["invalid num_attention_heads"]); // 0 of 8
    const phi = { ...llama, model_type: "phi", partial_rotary_factor: 0.4 };
    expect(problemsOf(phi)).toEqual(["invalid num_attention_heads"]);
  });

  it("reads files of transformers 5 and of older versions equally", () => {
    const theta = 500_000;
    const fresh = checkConfig({ ...llama, rope_parameters: { rope_theta: theta, rope_type: "default" } });
    const old = checkConfig({ ...llama, rope_theta: theta, rope_scaling: null });
    expect(fresh.rotary).toEqual({ theta, share: 1, scaling: { type: "none" } });
    expect(old.rotary).toEqual(fresh.rotary);
  });

  it("of a file without settings are those that transformers fills in", () => {
    // As transformers' GptOssConfig and Ministral3Config write them.
    const yarn = { rope_type: "yarn", beta_fast: 32, beta_slow: 1 };
    const gpt = { ...yarn, rope_theta: 150_000, factor: 32, truncate: false, original_max_position_embeddings: 4096 };
    const growing = {
      ...yarn,
      rope_theta: 1e6,
      factor: 16,
      original_max_position_embeddings: 16_384,
      mscale: 1,
      mscale_all_dim: 1,
    };
    for (const [model_type, rope_parameters] of [
      ["gpt_oss", gpt],
      ["ministral3", { ...growing, llama_4_scaling_beta: 0.1 }],
    ]) {
      const experts = model_type === "gpt_oss" ? { num_local_experts: 2, num_experts_per_tok: 1 } : {};
      const config = { ...llama, ...experts, num_key_value_heads: 2, model_type };
      const expected = checkConfig({ ...config, rope_parameters }).rotary;
      expect([{}, { rope_parameters: null }].map((keys) => checkConfig({ ...config, ...keys }).rotary)).toEqual([
        expected,
        expected,
      ]);
      expect(checkConfig({ ...config, rope_parameters: {} }).rotary?.scaling).toEqual({ type: "none" });
    }
  });

  it("of NomicBERT take rope_theta as transformers does, and else the base of its first program", () => {
    const nomic = { ...llama, model_type: "nomic_bert", type_vocab_size: 2 };
    const theta = (more: object) => checkConfig({ ...nomic, ...more }).rotary?.theta;
    expect([{}, { rotary_emb_base: 7 }, { rope_theta: 5, rotary_emb_base: 7 }].map(theta)).toEqual([1000, 7, 5]);
    const stretched = { rope_theta: 5, rope_scaling: { type: "linear", factor: 3 } };
    expect(checkConfig({ ...nomic, ...stretched }).rotary).toEqual({
      theta: 5,
      share: 1,
      scaling: { type: "linear", factor: 3 },
    });
  });

  it("of layers with two thetas read the old name of a scaling, and not YaRN's truncate", () => {
    const yarn = { factor: 4, original_max_position_embeddings: 16, truncate: false };
    for (const model_type of ["gemma3_text", "olmo3"]) {
      const base = { ...llama, model_type, head_dim: 8, num_key_value_heads: 4 };
      const old = checkConfig({ ...base, rope_scaling: { ...yarn, type: "yarn" } });
      expect(old.rotary?.scaling).toMatchObject({ type: "yarn", factor: 4, wholePairs: true });
      expect(old.localRotary?.scaling).toEqual({ type: "none" });
      const rope = { rope_type: "yarn", ...yarn };
      const own = checkConfig({ ...base, rope_parameters: { full_attention: rope, sliding_attention: rope } });
      expect([own.rotary, own.localRotary]).toMatchObject(
        [old.rotary, old.rotary].map((one) => ({ scaling: one?.scaling })),
      );
    }
    expect(checkConfig({ ...llama, rope_scaling: { type: "yarn", ...yarn } }).rotary?.scaling).toMatchObject({
      wholePairs: false,
    });
  });

  it("reads Llama 3's rescaling", () => {
    const llama3 = {
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    const wanted = {
      type: "llama3",
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalMaxPositions: 8192,
    };
    const fresh = checkConfig({ ...llama, rope_parameters: { ...llama3, rope_type: "llama3", rope_theta: 1e4 } });
    const old = checkConfig({ ...llama, rope_theta: 1e4, rope_scaling: { ...llama3, rope_type: "llama3" } });
    expect(fresh.rotary?.scaling).toEqual(wanted);
    expect(old.rotary).toEqual(fresh.rotary);
  });

  it("has the defaults of transformers for YaRN and LongRoPE", () => {
    const long = { ...llama, max_position_embeddings: 64 };
    const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 };
    const magnitude = 0.1 * Math.log(4) + 1;
    const open = { betaFast: 32, betaSlow: 1, wholePairs: true };
    expect(checkConfig({ ...long, rope_scaling: yarn }).rotary?.scaling).toEqual({
      type: "yarn",
      factor: 4,
      magnitude,
      ...open,
      originalMaxPositions: 16,
    });
    // Phi 3's original length is at the top level and has precedence; "su" is its old name for longrope.
    const factors = { short_factor: [1, 1, 1, 2], long_factor: [1, 2, 3, 4] };
    const phi3 = { ...long, model_type: "phi3", original_max_position_embeddings: 16 };
    expect(checkConfig({ ...phi3, rope_scaling: { type: "su", ...factors } }).rotary?.scaling).toEqual({
      type: "longrope",
      shortFactors: [1, 1, 1, 2],
      longFactors: [1, 2, 3, 4],
      magnitude: Math.sqrt(1 + Math.log(4) / Math.log(16)),
      originalMaxPositions: 16,
    });
    expect(problemsOf({ ...phi3, rope_scaling: { type: "longrope", short_factor: [1], long_factor: "x" } })).toEqual([
      "invalid rope_scaling.short_factor",
      "invalid rope_scaling.long_factor",
    ]);
  });

  it("requires every number of a scaling", () => {
    expect(problemsOf({ ...llama, rope_scaling: { type: "linear" } })).toEqual(["missing rope_scaling.factor"]);
    expect(problemsOf({ ...llama, rope_scaling: { type: "linear", factor: 0 } })).toEqual([
      "invalid rope_scaling.factor",
    ]);
    expect(problemsOf({ ...llama, rope_scaling: { rope_type: "llama3", factor: 8 } })).toHaveLength(3);
  });
});

describe("layers that do not rotate", () => {
  const smollm3 = { ...llama, model_type: "smollm3", num_hidden_layers: 5 };
  const rotating = (config: object) => checkConfig(config).rotatingLayers.map(Number).join("");

  it("do not exist in most families, and are every fourth of SmolLM3 or those in a list", () => {
    expect([rotating(llama), rotating({ ...llama, model_type: "opt", ffn_dim: 48 })]).toEqual(["11", "00"]);
    expect(rotating(smollm3)).toBe("11101");
    expect(rotating({ ...smollm3, no_rope_layer_interval: 2 })).toBe("10101");
    expect(rotating({ ...smollm3, no_rope_layers: [0, 0, 1, 1, 0, 1] })).toBe("00110");
  });

  it("are named by a list that has 0 or 1 for every layer", () => {
    for (const list of [[], [1, 1, 1, 1], [1, 1, 1, 1, 2], "11111", 4])
      expect(problemsOf({ ...smollm3, no_rope_layers: list })).toEqual(["invalid no_rope_layers"]);
  });

  it("are those without a window in Cohere 2 and EXAONE 4, if a file has windows", () => {
    const [cohere2, exaone4] = ["cohere2", "exaone4"].map((model_type) => ({ ...smollm3, model_type, head_dim: 8 }));
    expect([cohere2, exaone4].map((config) => rotating({ ...config, num_key_value_heads: 4 }))).toEqual([
      "11101",
      "11101",
    ]);
    const types = { layer_types: Array(5).fill("full_attention"), num_key_value_heads: 4 };
    expect([cohere2, exaone4].map((config) => rotating({ ...config, ...types }))).toEqual(["00000", "00000"]);
    const windowless = { ...types, sliding_window: null };
    expect([cohere2, exaone4].map((config) => rotating({ ...config, ...windowless }))).toEqual(["00000", "11111"]);
  });

  it("keep SmolLM3 from windows, which it would have there", () => {
    const windowed = { ...smollm3, use_sliding_window: true, sliding_window: 8 };
    expect(problemsOf(windowed)).toEqual(["not-handled use_sliding_window", "not-handled sliding_window"]);
  });
});
