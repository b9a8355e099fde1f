// A GGUF file written here from a safetensors model: the same logits, although llama.cpp stores q and k in another order.

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeValues, ggufPieces, type WritableValue } from "@lowrank/gguf/internal";
import { bytesSource } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { openFolder } from "../../node.ts";
import { loadModel } from "../load-model.ts";
import { loadGguf } from "./load-gguf.ts";

interface GgufTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** F32 tensors; whole numbers are counts. */
function writeGguf(metadata: ReadonlyMap<string, string | number>, tensors: ReadonlyMap<string, GgufTensor>) {
  const values = [...metadata].map(([key, value]): [string, WritableValue] => {
    if (typeof value === "string") return [key, { type: "string", value }];
    return [key, { type: Number.isInteger(value) ? "uint32" : "float32", value }];
  });
  const written = [...tensors].map(([name, { shape, values }]) => {
    return [name, { type: "F32", shape, bytes: encodeValues(values, "F32") }] as const;
  });
  return Buffer.concat(ggufPieces(new Map(values), new Map(written)));
}

const names: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.norm/, "output_norm"],
  [/^lm_head/, "output"],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, "blk.$1.attn_$2"],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, "blk.$1.attn_output"],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, "blk.$1.ffn_$2"],
  [/^model\.layers\.(\d+)\.input_layernorm/, "blk.$1.attn_norm"],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, "blk.$1.ffn_norm"],
];

/** As llama.cpp's converter does: [heads, 2, half, in] → [heads, half, 2, in]. */
function permuteRows({ shape, values }: GgufTensor, heads: number): GgufTensor {
  const [rows = 0, width = 0] = shape;
  const half = rows / heads / 2;
  const stored = tf.tidy(() => tf.transpose(tf.tensor(values, [heads, 2, half, width]), [0, 2, 1, 3]).dataSync());
  return { shape, values: Float32Array.from(stored) };
}

async function ggufOf(fixture: string, change: (tensors: Map<string, GgufTensor>) => void = () => {}) {
  const file = parseSafetensors(await readFile(join(fixturesRoot, fixture, "base", "model.safetensors")));
  const tensors = new Map<string, GgufTensor>();
  for (const [key, { shape }] of file.tensors) {
    const plain = { shape, values: file.float32(key) };
    const heads = key.includes("q_proj") ? 4 : key.includes("k_proj") ? 2 : undefined;
    const [pattern, name] = names.find(([candidate]) => candidate.test(key)) ?? [/$/, ""];
    tensors.set(key.replace(pattern, name), heads === undefined ? plain : permuteRows(plain, heads));
  }
  change(tensors);
  const metadata = new Map<string, string | number>([
    ["general.architecture", "llama"],
    ["llama.vocab_size", 100],
    ["llama.embedding_length", 32],
    ["llama.feed_forward_length", 48],
    ["llama.block_count", 2],
    ["llama.attention.head_count", 4],
    ["llama.attention.head_count_kv", 2],
    ["llama.attention.layer_norm_rms_epsilon", 1e-6],
    ["llama.context_length", 32],
    ["llama.rope.freq_base", 10000],
  ]);
  return bytesSource(writeGguf(metadata, tensors), "model.gguf");
}

async function logitsOf(model: Awaited<ReturnType<typeof loadGguf>>): Promise<Float32Array> {
  const logits = tf.tidy(() => model.forward({ inputIds: tf.tensor2d([[3, 14, 15, 92, 65, 35]], [1, 6], "int32") }));
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

describe("loadGguf", () => {
  it.each(["llama-gqa", "llama-gqa-tied"])("computes what %s in safetensors computes", async (fixture) => {
    const before = tf.memory().numTensors;
    const model = await loadGguf(await ggufOf(fixture));
    const original = await loadModel(openFolder(join(fixturesRoot, fixture, "base")));
    // The epsilon went through float32.
    expectClose(await logitsOf(model), await logitsOf(original), 1e-5);
    expect(model.config.tiedEmbeddings).toBe(fixture === "llama-gqa-tied");
    model.dispose();
    original.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("names tensors that are missing or not expected", async () => {
    const source = await ggufOf("llama-gqa", (tensors) => {
      tensors.delete("blk.1.ffn_up.weight");
      tensors.set("blk.0.attn_sinks.weight", { shape: [4], values: new Float32Array(4) });
    });
    await expect(loadGguf(source)).rejects.toMatchObject({
      problems: { missing: ["model.layers.1.mlp.up_proj.weight"], unexpected: ["blk.0.attn_sinks.weight"] },
    });
    await expect(loadGguf(source)).rejects.toMatchObject({ code: "WEIGHT_MISMATCH" });
  });

  it("names an adapter as such, by the architecture that it is for", async () => {
    const metadata = new Map([
      ["general.type", "adapter"],
      ["general.architecture", "llama"],
    ]);
    const source = bytesSource(writeGguf(metadata, new Map()), "lora.gguf");
    await expect(loadGguf(source)).rejects.toThrow(
      /lora\.gguf" is a low-rank adapter for a model of architecture "llama"/,
    );
  });

  it("names the tensor types that are read, not those of a config.json that does not exist", async () => {
    const source = await ggufOf("llama-gqa", (tensors) => tensors.delete("blk.1.ffn_up.weight"));
    const reading = loadGguf(source);
    await expect(reading).rejects.toThrow(/Supported types: F32, .*Q4_1.*Q6_K.*IQ3_S/);
    await expect(reading).rejects.not.toThrow("config.json");
  });
});
