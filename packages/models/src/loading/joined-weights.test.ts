import { checkConfig } from "@lowrank/contracts/families";
import { describe, expect, it } from "vitest";
import { decodeMxfp4, joinWeights } from "./joined-weights.ts";
import type { SourceTensor, WeightSource } from "./weight-source.ts";

const config = checkConfig({
  model_type: "mixtral",
  vocab_size: 9,
  hidden_size: 2,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  intermediate_size: 1,
  num_local_experts: 2,
});

/** Tensors of bytes, each of which counts as a number. */
function sourceOf(tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly bytes: number[] }>>) {
  const entries = Object.entries(tensors);
  const source: WeightSource = {
    name: "a file",
    advice: "",
    tensors: new Map(
      entries.map(([key, { shape, bytes }]): [string, SourceTensor] => [
        key,
        { shape, dtype: "U8", byteLength: bytes.length, isReadable: true },
      ]),
    ),
    readBytes: async (name, range) => {
      const all = Uint8Array.from(tensors[name]?.bytes ?? []);
      return range === undefined ? all : all.subarray(range.offset, range.offset + range.length);
    },
    decode: (_, bytes) => Float32Array.from(bytes),
    pack: () => undefined,
    close: async () => undefined,
  };
  return source;
}

const module = "model.layers.0.block_sparse_moe.experts";
const pieces = {
  "model.norm.weight": { shape: [2], bytes: [7, 7] },
  [`${module}.0.w3.weight`]: { shape: [1, 2], bytes: [3, 4] },
  [`${module}.0.w1.weight`]: { shape: [1, 2], bytes: [1, 2] },
  [`${module}.1.w1.weight`]: { shape: [1, 2], bytes: [5, 6] },
  [`${module}.1.w3.weight`]: { shape: [1, 2], bytes: [8, 9] },
};

describe("weights in pieces", () => {
  it("are one tensor: for each expert the gate's rows, then those of up", async () => {
    const joined = joinWeights(sourceOf(pieces), config);
    const name = "model.layers.0.mlp.experts.gate_up_proj";
    expect([...joined.tensors.keys()]).toEqual(["model.norm.weight", name]);
    expect(joined.tensors.get(name)?.shape).toEqual([2, 2, 2]);
    expect([...joined.decode(name, await joined.readBytes(name))]).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
    expect([...(await joined.readBytes(name, { offset: 1, length: 4 }))]).toEqual([2, 3, 4, 5]);
    expect([...(await joined.readBytes("model.norm.weight"))]).toEqual([7, 7]);
  });

  it("are decoded one by one if they are quantized", async () => {
    const source = sourceOf(pieces);
    const tensors = new Map([...source.tensors].map(([key, tensor]) => [key, { ...tensor, isDivisible: false }]));
    const backwards = {
      ...source,
      tensors,
      decode: (_: string, bytes: Uint8Array) => Float32Array.from(bytes).reverse(),
    };
    const name = "model.layers.0.mlp.experts.gate_up_proj";
    const joined = joinWeights(backwards, config);
    expect([...joined.decode(name, await joined.readBytes(name))]).toEqual([2, 1, 4, 3, 6, 5, 9, 8]);
  });

  it("stay unchanged if one is missing, so that loading names it", () => {
    const { [`${module}.1.w3.weight`]: _, ...rest } = pieces;
    const source = sourceOf(rest);
    expect(joinWeights(source, config)).toBe(source);
  });
});

describe("experts in MXFP4", () => {
  const blocks = [0x21, ...Array.from({ length: 14 }, () => 0), 0xf9, 0x74, ...Array.from({ length: 15 }, () => 0)];

  it("are decoded by their scales, with the axes of each expert exchanged", async () => {
    const name = "model.layers.0.mlp.experts.down_proj";
    const source = sourceOf({
      [`${name}_blocks`]: { shape: [1, 2, 1, 16], bytes: blocks },
      [`${name}_scales`]: { shape: [1, 2, 1], bytes: [128, 126] },
    });
    const joined = joinWeights(source, config);
    expect(joined.tensors.get(name)).toMatchObject({ shape: [1, 32, 2], dtype: "MXFP4", isReadable: true });
    const values = joined.decode(name, await joined.readBytes(name));
    const column = (row: number) => Array.from({ length: 32 }, (_, index) => values[index * 2 + row]);
    expect(column(0)).toEqual([1, 2, ...Array.from({ length: 28 }, () => 0), -1, -12]);
    expect(column(1)).toEqual([1, 3, ...Array.from({ length: 30 }, () => 0)]);
  });

  it("have another order for each expert", () => {
    const bytes = Uint8Array.from([...blocks, ...blocks.map((byte) => byte ^ 0x88), 127, 127, 127, 127]);
    const values = decodeMxfp4(bytes, 64, [2, 32, 2]);
    expect([values[0], values[64]]).toEqual([0.5, -0.5]);
  });
});
