import { checkConfig } from "@lowrank/contracts/families";
import { describe, expect, it } from "vitest";
import { splitWeights } from "./split-weights.ts";
import type { WeightSource } from "./weight-source.ts";

const sizes = { vocab_size: 10, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 6 };
const config = checkConfig({ model_type: "nomic_bert", ...sizes });
const fused = "bert.encoder.layers.0.attn.Wqkv.weight";

/** Twelve rows of four bytes, each with its row's number. */
function sourceWith(names: Readonly<Record<string, readonly number[]>>): WeightSource {
  const tensors = Object.entries(names).map(([key, shape]) => {
    const byteLength = shape.reduce((product, size) => product * size, 1);
    return [key, { shape, dtype: "U8", byteLength, isReadable: true }] as const;
  });
  const bytes = Uint8Array.from({ length: 48 }, (_, index) => Math.floor(index / 4));
  return {
    name: "base",
    advice: "",
    tensors: new Map(tensors),
    readBytes: async (_, { offset = 0, length = 48 } = { offset: 0, length: 48 }) =>
      bytes.subarray(offset, offset + length),
    decode: (key, given) => Float32Array.from(given, (byte) => (key === fused ? byte : Number.NaN)),
    pack: () => undefined,
    close: async () => undefined,
  };
}

describe("a tensor that holds several weights", () => {
  it("is taken apart by its rows, whole or in ranges", async () => {
    const split = splitWeights(sourceWith({ [fused]: [12, 4], "emb_ln.weight": [4] }), config);
    const [query, key, value] = ["q", "k", "v"].map((name) => `bert.layers.0.self_attn.${name}_proj.weight`);
    expect([...split.tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      [query, [4, 4]],
      [key, [4, 4]],
      [value, [4, 4]],
      ["emb_ln.weight", [4]],
    ]);
    const bytes = await split.readBytes(key ?? "");
    expect([...split.decode(key ?? "", bytes)]).toEqual([4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7]);
    expect([...(await split.readBytes(value ?? "", { offset: 4, length: 2 }))]).toEqual([9, 9]);
  });

  it("stays unchanged if its rows cannot be divided, so that messages name it", () => {
    const source = sourceWith({ [fused]: [11, 4] });
    expect([...splitWeights(source, config).tensors.keys()]).toEqual([fused]);
  });
});
