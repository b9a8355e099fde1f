import { describe, expect, it } from "vitest";
import { parametersOf } from "../checkpoint/parameters.ts";
import { checkConfig } from "../config/check-config.ts";
import { InvalidConfigError } from "../errors.ts";
import { configFromGguf } from "./config-from-gguf.ts";

import { ggufNameOf, ggufParameterOf } from "./gguf-names.ts";
import { llama } from "./tables/like-llama.ts";

/** The metadata of SmolLM2-135M, as its GGUF file has it; 64-bit numbers are bigint. */
const metadata = new Map<string, unknown>([
  ["general.architecture", "llama"],
  ["llama.block_count", 30],
  ["llama.context_length", 8192n],
  ["llama.embedding_length", 576],
  ["llama.feed_forward_length", 1536],
  ["llama.attention.head_count", 9],
  ["llama.attention.head_count_kv", 3],
  ["llama.attention.layer_norm_rms_epsilon", 1e-5],
  ["llama.rope.freq_base", 100_000],
  ["llama.rope.dimension_count", 64],
  ["tokenizer.ggml.tokens", Array.from({ length: 49_152 }, () => "")],
  ["tokenizer.ggml.bos_token_id", 1],
  ["tokenizer.ggml.eos_token_id", 2],
]);

describe("GGUF names", () => {
  it("map to every parameter of a model and back", () => {
    const config = checkConfig(configFromGguf(metadata, new Set(["output.weight"])));
    for (const { path } of parametersOf(config, "causal-lm")) {
      const name = ggufNameOf(llama, path);
      expect([path, ggufParameterOf(llama, name ?? "")?.path]).toEqual([path, path]);
    }
  });

  it.each([
    ["token_embd.weight", "model.embed_tokens.weight"],
    ["blk.29.ffn_down.weight", "model.layers.29.mlp.down_proj.weight"],
    ["output_norm.weight", "model.norm.weight"],
    ["output.weight", "lm_head.weight"],
  ])("%s is %s", (name, path) => {
    expect(ggufParameterOf(llama, name)).toEqual({ path });
  });

  it("say by which number of heads the rows of query and key are permuted", () => {
    expect(ggufParameterOf(llama, "blk.0.attn_q.weight")?.change).toBe("pairs-of-heads");
    expect(ggufParameterOf(llama, "blk.0.attn_k.weight")?.change).toBe("pairs-of-key-heads");
    expect(ggufParameterOf(llama, "blk.0.attn_v.weight")?.change).toBeUndefined();
  });

  it.each(["", "blk.0.weight", "blk.x.attn_q.weight", "blk.0.attn_q", "rope_freqs.weight", "blk.0.attn_q.scale"])(
    "%j is none",
    (name) => {
      expect(ggufParameterOf(llama, name)).toBeNull();
    },
  );
});

describe("GGUF metadata", () => {
  it("makes a configuration", () => {
    const config = checkConfig(configFromGguf(metadata, new Set(["token_embd.weight"])));
    expect(config).toMatchObject({
      modelType: "llama",
      architecture: "LlamaForCausalLM",
      vocabularySize: 49_152,
      layers: 30,
      heads: 9,
      keyValueHeads: 3,
      headSize: 64,
      maxPositions: 8192,
      tiedEmbeddings: true,
      rotary: { theta: 100_000, share: 1, scaling: { type: "none" } },
      bosTokenId: 1,
      eosTokenIds: [2],
    });
  });

  it("with an output head is not tied", () => {
    expect(checkConfig(configFromGguf(metadata, new Set(["output.weight"]))).tiedEmbeddings).toBe(false);
  });

  it("with rescaled positions or experts is read or refused, never ignored", () => {
    const scaled = (type: string) =>
      checkConfig(
        configFromGguf(
          new Map([...metadata, ["llama.rope.scaling.type", type], ["llama.rope.scaling.factor", 2]]),
          new Set(),
        ),
      ).rotary?.scaling;
    expect(scaled("linear")).toEqual({ type: "linear", factor: 2 });
    expect(scaled("none")).toEqual({ type: "none" });
    expect(scaled("yarn")).toMatchObject({ type: "yarn", factor: 2 });
    expect(() => scaled("longrope")).toThrow("rope_scaling.short_factor");
    const experts = new Map([...metadata, ["llama.expert_count", 8] as const, ["llama.expert_used_count", 2] as const]);
    expect(checkConfig(configFromGguf(experts, new Set()))).toMatchObject({ modelType: "mixtral", experts: 8 });
    expect(() => configFromGguf(experts, new Set(["blk.0.ffn_up.0.weight"]))).toThrow(/blk.0.ffn_up.0.weight: .*_exps/);
  });

  const withKeys = (keys: Readonly<Record<string, unknown>>) =>
    new Map([...metadata, ...Object.entries(keys).map(([key, value]) => [`llama.${key}`, value] as const)]);

  it.each([
    ["a factor without a type", { "rope.scaling.factor": 4 }],
    ["the older name of a factor", { "rope.scale_linear": 4 }],
  ])("with %s is scaled linearly, as in llama.cpp", (_, keys) => {
    const { rotary } = checkConfig(configFromGguf(withKeys(keys), new Set()));
    expect(rotary?.scaling).toEqual({ type: "linear", factor: 4 });
  });

  it("that changes the computation is refused, all keys at once", () => {
    const keys = {
      "rope.dimension_count": 32,
      "attention.value_length": 128,
      "attention.scale": 0.1,
      "attention.clamp_kqv": 8,
      attn_logit_softcapping: 50,
      logit_scale: 0.0625,
      "attention.causal": false,
    };
    const error = (() => {
      try {
        return configFromGguf(withKeys(keys), new Set(), { file: "model.gguf" });
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(InvalidConfigError);
    const { file, problems } = error as InvalidConfigError;
    expect(file).toBe("model.gguf");
    expect(problems.map(({ key }) => key).sort()).toEqual(
      Object.keys(keys)
        .map((key) => `llama.${key}`)
        .sort(),
    );
  });

  it("with default values is accepted", () => {
    const keys = {
      "attention.sliding_window": 0,
      logit_scale: 1,
      "attention.value_length": 64n,
      "attention.causal": true,
    };
    const plain = checkConfig(configFromGguf(metadata, new Set()));
    expect(checkConfig(configFromGguf(withKeys(keys), new Set()))).toEqual(plain);
  });

  it("with unknown keys gives a warning", () => {
    const warnings: string[] = [];
    const config = configFromGguf(withKeys({ "attention.novelty": 3 }), new Set());
    checkConfig(config, ({ message }) => void warnings.push(message), "model.gguf");
    expect(warnings).toEqual([expect.stringContaining('"llama.attention.novelty"')]);
  });

  it("of Mistral is LLaMA's with a window", () => {
    const config = checkConfig(configFromGguf(withKeys({ "attention.sliding_window": 4096 }), new Set()));
    expect(config).toMatchObject({ modelType: "mistral", windows: Array.from({ length: 30 }, () => 4096) });
  });

  const of = (architecture: string, own: Readonly<Record<string, unknown>>) => {
    const sizes = [...metadata].map(([key, value]) => [key.replace("llama.", `${architecture}.`), value] as const);
    const others = Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value] as const);
    const all = new Map([...sizes, ...others, ["general.architecture", architecture]]);
    return checkConfig(configFromGguf(new Map([...all].filter(([, value]) => value !== undefined)), new Set()));
  };
  const ofLfm2 = (keyHeads: unknown) =>
    of("lfm2", { block_count: 3, "shortconv.l_cache": 3, "attention.head_count_kv": keyHeads });

  it.each([
    [undefined, [4, 4, 4, null, 4]],
    [3, [4, 4, null, 4, 4]],
    [0, [4, 4, 4, 4, 4]],
    [
      [true, false, false, true, false],
      [4, null, null, 4, null],
    ],
  ])("with the pattern %j limits attention in these layers: %j", (pattern, windows) => {
    const own = { block_count: 5, "attention.sliding_window": 4, "attention.sliding_window_pattern": pattern };
    expect(of("cohere2", own).windows).toEqual(windows);
    expect(of("olmo2", own)).toMatchObject({ modelType: "olmo3", windows });
  });

  it("without a key has llama.cpp's value, not the family's", () => {
    expect(of("granite", {}).scalars.scoreScale).toBeCloseTo(1 / 8, 12);
    const { keyValueHeads, rotary } = of("exaone", {
      "attention.head_count_kv": undefined,
      "rope.freq_base": undefined,
    });
    expect([keyValueHeads, rotary?.theta]).toEqual([9, 10_000]);
  });

  it("of LFM2 defines by key heads which layers have convolutions", () => {
    const kinds = ["convolution", "plain", "convolution"];
    expect(ofLfm2([0, 3, 0])).toMatchObject({ keyValueHeads: 3, layerKinds: kinds, intermediateSize: 1536 });
    expect(ofLfm2(3)).toMatchObject({ keyValueHeads: 3, layerKinds: ["plain", "plain", "plain"] });
    expect(() => ofLfm2([9, 3, 0])).toThrow("num_key_value_heads");
    expect(() => ofLfm2([0, 3])).toThrow("layer_types");
    expect(() => ofLfm2([])).toThrow("num_key_value_heads");
  });

  it.each([
    ["qwen2", "attention.sliding_window", 4096],
    ["llama", "attention.max_alibi_bias", 8],
    ["qwen2", "final_logit_softcapping", 30],
    ["olmo2", "rope.dimension_count", 32],
    ["qwen2", "expert_count", 8],
    ["qwen3moe", "expert_weights_norm", false],
    ["qwen2moe", "expert_weights_scale", 2],
    ["qwen2", "attention.sliding_window_pattern", 4],
    ["granite", "rope.scaling.finetuned", false],
    ["olmo", "attention.layer_norm_epsilon", 1e-6],
    ["exaone4", "attention.sliding_window", 4096],
    ["cohere2", "rope.freq_base_swa", 5000],
    ["glm4", "nextn_predict_layers", 1],
  ])("of %s with %s, which the family does not compute, is refused by the key", (architecture, key, value) => {
    const renamed = [...metadata].map(([name, one]) => [name.replace("llama.", `${architecture}.`), one] as const);
    const own = [["general.architecture", architecture] as const, [`${architecture}.${key}`, value] as const];
    expect(() => configFromGguf(new Map<string, unknown>([...renamed, ...own]), new Set())).toThrow(
      `${architecture}.${key}`,
    );
  });

  it("divides frequencies by a tensor's values, and requires them", () => {
    const names = new Set(["rope_freqs.weight"]);
    const divisors = Float32Array.from({ length: 32 }, (_, pair) => 1 + pair);
    const ropeFactors = new Map([["rope_freqs.weight", divisors]]);
    const twice = withKeys({ "rope.scaling.type": "linear", "rope.scaling.factor": 2 });
    const { rotary } = checkConfig(configFromGguf(twice, names, { ropeFactors }));
    const doubled = Array.from(divisors, (divisor) => 2 * divisor);
    expect(rotary?.scaling).toMatchObject({ shortFactors: doubled, longFactors: doubled, magnitude: 1 });
    expect(() => configFromGguf(metadata, names)).toThrow("rope_freqs.weight");
  });

  it.each([
    ["qwen3next", "qwen3"],
    ["jina-bert-v2", "bert"],
    ["gemma4", "gemma"],
  ])("of the architecture %s is refused in a line that names %s", (architecture, nearest) => {
    expect(() => configFromGguf(new Map([["general.architecture", architecture]]), new Set())).toThrow(
      `"${architecture}", not supported. The nearest supported one is "${nearest}".`,
    );
  });

  it("of another architecture is refused", () => {
    expect(() => configFromGguf(new Map([["general.architecture", "mamba"]]), new Set())).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_ARCHITECTURE" }),
    );
    expect(() => configFromGguf(new Map(), new Set())).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_ARCHITECTURE" }),
    );
  });
});
