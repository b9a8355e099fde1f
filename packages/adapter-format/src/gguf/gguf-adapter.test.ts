// llama.cpp's own reading of these files is checked in integration/src/llama-cpp.

import { checkConfig, type ModelConfig } from "@lowrank/contracts/families";
import { openGguf } from "@lowrank/gguf";
import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../lora-config.ts";
import { embeddingKeys, loraKeys } from "../tensor-keys.ts";
import { readGgufAdapter } from "./read-gguf-adapter.ts";
import { writeGgufAdapter } from "./write-gguf-adapter.ts";

const sizes = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 12, vocab_size: 6 };
const bases: Readonly<Record<string, ModelConfig>> = {
  llama: checkConfig({ model_type: "llama", ...sizes, num_key_value_heads: 1 }),
  tied: checkConfig({ model_type: "llama", ...sizes, tie_word_embeddings: true }),
  gpt_neox: checkConfig({ model_type: "gpt_neox", ...sizes }),
  gpt2: checkConfig({ model_type: "gpt2", n_embd: 8, n_layer: 1, n_head: 2, n_positions: 8, vocab_size: 6 }),
};

function tensor(rows: number, columns: number): AdapterTensor {
  return { shape: [rows, columns], values: Float32Array.from({ length: rows * columns }, (_, index) => index + 1) };
}

/** Pairs of rank 2 on linear layers, by path: inFeatures and outFeatures. */
function adapter(
  layers: Readonly<Record<string, readonly [number, number]>>,
  fields: Partial<LoraConfig> = {},
): Adapter {
  const tensors = new Map<string, AdapterTensor>();
  for (const [path, [inFeatures, outFeatures]] of Object.entries(layers)) {
    const isTable = path.endsWith("embed_tokens");
    const { a, b } = isTable ? embeddingKeys(path) : loraKeys(path);
    tensors.set(a, tensor(2, inFeatures));
    tensors.set(b, tensor(outFeatures, 2));
  }
  const config = createLoraConfig({
    rank: 2,
    alpha: 4,
    targetModules: Object.keys(layers),
    taskType: "CAUSAL_LM",
    ...fields,
  });
  return { config, tensors, metadata: new Map() };
}

const layer = "model.layers.0";
const query = { [`${layer}.self_attn.q_proj`]: [8, 8] } as const;

async function firstColumn(bytes: Uint8Array, name: string): Promise<readonly number[]> {
  const values = await (await openGguf(bytesSource(bytes, "lora.gguf"))).readFloat32(name);
  return [...values].filter((_, index) => index % 2 === 0);
}

describe("an adapter in llama.cpp's format", () => {
  it.each([
    [
      "llama",
      {
        ...query,
        [`${layer}.self_attn.k_proj`]: [8, 4],
        [`${layer}.mlp.down_proj`]: [12, 8],
        "model.embed_tokens": [6, 8],
        lm_head: [8, 6],
      },
    ],
    ["gpt_neox", { "gpt_neox.layers.0.attention.query_key_value": [8, 24] }],
    ["gpt2", { "transformer.h.0.attn.c_attn": [8, 24], "transformer.h.0.mlp.c_proj": [32, 8] }],
  ] as const)("comes back bit for bit: %s", async (base, layers) => {
    const given = adapter(layers);
    const bytes = writeGgufAdapter(given, bases[base]!);
    const again = await readGgufAdapter(bytesSource(bytes, "lora.gguf"), bases[base]!);
    expect(again.tensors).toEqual(given.tensors);
    expect(again.config).toMatchObject({ rank: 2, alpha: 4, targetModules: Object.keys(layers) });
  });

  it("has B's rows in llama.cpp's order, and the table's A transposed", async () => {
    const bytes = writeGgufAdapter(adapter({ ...query, "model.embed_tokens": [6, 8] }), bases.llama!);
    // Heads of 4 features: 0 1 2 3 become 0 2 1 3.
    expect(await firstColumn(bytes, "blk.0.attn_q.weight.lora_b")).toEqual([1, 5, 3, 7, 9, 13, 11, 15]);
    const { tensors, metadata } = await openGguf(bytesSource(bytes, "lora.gguf"));
    expect(tensors.get("token_embd.weight.lora_a")?.shape).toEqual([6, 2]);
    expect(metadata.get("general.architecture")).toBe("llama");
    expect(metadata.get("adapter.lora.alpha")).toBe(4);
  });

  it("has the invocation tokens of an activated adapter", async () => {
    const bytes = writeGgufAdapter(adapter(query, { activationTokens: [3, 1] }), bases.llama!);
    const { metadata } = await openGguf(bytesSource(bytes, "lora.gguf"));
    expect(metadata.get("adapter.alora.invocation_tokens")).toEqual([3, 1]);
    const again = await readGgufAdapter(bytesSource(bytes, "lora.gguf"), bases.llama!);
    expect(again.config.activationTokens).toEqual([3, 1]);
  });

  it("multiplies scales into B that α over the rank does not say", async () => {
    const plain = writeGgufAdapter(adapter(query), bases.llama!);
    const stable = writeGgufAdapter(adapter(query, { rankStabilized: true }), bases.llama!);
    const ratios = (await firstColumn(stable, "blk.0.attn_q.weight.lora_b")).map(async (value, index) => {
      return value / (await firstColumn(plain, "blk.0.attn_q.weight.lora_b"))[index]!;
    });
    for (const ratio of await Promise.all(ratios)) expect(ratio).toBeCloseTo(Math.SQRT2, 6);
    const silent = writeGgufAdapter(adapter(query, { alpha: 0 }), bases.llama!);
    expect(await firstColumn(silent, "blk.0.attn_q.weight.lora_b")).toEqual(new Array(8).fill(0));
  });

  it("refuses whatever would be lost, all of it at once", () => {
    const refused = (given: Adapter, base = "llama") => {
      try {
        writeGgufAdapter(given, bases[base]!);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(refused(adapter({ "model.embed_tokens": [6, 8], lm_head: [8, 6] }, { init: "pissa" }), "tied")).toMatch(
      /pissa.*embed_tokens: embedding and head share.*lm_head: embedding and head share/s,
    );
    expect(refused(adapter({ "transformer.h.0.attn.c_attn": [8, 24] }))).toMatch(
      /architecture llama has no such weight/,
    );
    const { config, tensors } = adapter(query, { useDora: true });
    const magnitude = { shape: [8], values: new Float32Array(8).fill(1) };
    const dora = {
      config,
      tensors: new Map([...tensors, [`${layer}.self_attn.q_proj.lora_magnitude_vector`, magnitude]]),
    };
    expect(refused({ ...dora, metadata: new Map() })).toMatch(
      /use_dora = true.*lora_magnitude_vector: it is neither lora_A/s,
    );
    const t5 = checkConfig({
      model_type: "t5",
      d_model: 8,
      d_ff: 8,
      d_kv: 4,
      num_layers: 1,
      num_heads: 2,
      vocab_size: 6,
    });
    expect(() => writeGgufAdapter(adapter(query), t5)).toThrow(/a model of type t5/);
  });

  it("refuses A and B of experts, by the name of the option and by their paths", () => {
    const experts = { num_experts: 2, num_experts_per_tok: 1, moe_intermediate_size: 4, norm_topk_prob: true };
    const base = checkConfig({ model_type: "qwen3_moe", ...sizes, num_key_value_heads: 1, ...experts });
    const given = adapter({ [`${layer}.mlp.experts`]: [8, 8] }, { targetParameters: ["mlp.experts.gate_up_proj"] });
    expect(() => writeGgufAdapter(given, base)).toThrow(
      /target_parameters = .*mlp\.experts: the architecture qwen3moe has no such weight/s,
    );
  });

  it("refuses a file for another base, or that is no adapter", async () => {
    const bytes = writeGgufAdapter(adapter(query), bases.llama!);
    const read = (base: string) => readGgufAdapter(bytesSource(bytes, "lora.gguf"), bases[base]!);
    await expect(read("gpt2")).rejects.toThrow(/adapter for the architecture "llama"; the base is of the type gpt2/);
  });
});
