import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { readAdapterIn } from "../read-adapter-in.ts";
import { writeMlxAdapter } from "./write-mlx.ts";

const [q, v] = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj"];

const matrix = (rows: number, columns: number, seed: number): AdapterTensor => {
  const values = Float32Array.from({ length: rows * columns }, (_, index) => Math.sin(seed + index));
  return { shape: [rows, columns], values };
};

const lora = (path: string, rank: number) =>
  [
    [`${path}.lora_A.weight`, matrix(rank, 3, 1)],
    [`${path}.lora_B.weight`, matrix(4, rank, 2)],
  ] as const;

const adapter = (config: Partial<LoraConfig>, tensors: Iterable<readonly [string, AdapterTensor]>): Adapter => ({
  config: createLoraConfig({
    rank: 2,
    alpha: 6,
    targetModules: ["q_proj", "v_proj"],
    taskType: "CAUSAL_LM",
    ...config,
  }),
  tensors: new Map(tensors),
  metadata: new Map(),
});

/** There and back. */
async function returned(given: Adapter): Promise<Adapter> {
  const files = new Map(Object.entries(writeMlxAdapter(given)));
  const bytesOf = (file: string) => {
    const content = files.get(file) ?? "";
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  return readAdapterIn({
    name: "there",
    list: async () => [...files.keys()],
    has: async (file) => files.has(file),
    open: async (file) => bytesSource(bytesOf(file), file),
  });
}

/** s·B·A of a module. */
function delta({ config, tensors }: Adapter, path: string): number[] {
  const [a, b] = [tensors.get(`${path}.lora_A.weight`)!, tensors.get(`${path}.lora_B.weight`)!];
  const [rank = 0, columns = 0] = a.shape;
  return Array.from({ length: (b.shape[0] ?? 0) * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b.values[row * rank + k]! * a.values[k * columns + column]!;
    return scalingOf(config, path) * sum;
  });
}

describe("an adapter for mlx_lm", () => {
  it("is the same to the bit after writing and reading, also as a DoRA", async () => {
    const magnitude = { shape: [4], values: Float32Array.of(1, 2, 3, 4) };
    for (const given of [
      adapter({}, [...lora(q, 2), ...lora(v, 2)]),
      adapter({ rankStabilized: true }, lora(q, 2)),
      adapter({}, [...lora("transformer.h.0.attn.c_attn", 2), ...lora("transformer.h.1.mlp.c_fc", 2)]),
      adapter({}, [...lora("gpt_neox.layers.0.attention.query_key_value", 2), ...lora("embed_out", 2)]),
      adapter({ useDora: true }, [...lora(q, 2), [`${q}.lora_magnitude_vector`, magnitude]]),
    ]) {
      const back = await returned(given);
      expect(back.tensors).toEqual(given.tensors);
      expect(scalingOf(back.config, q)).toBeCloseTo(scalingOf(given.config, q), 12);
      expect(back.config.useDora).toBe(given.config.useDora);
    }
  });

  it("has the same effect if modules have their own ranks and scales", async () => {
    const patterns = { rankPattern: new Map([["v_proj", 1]]), alphaPattern: new Map([["v_proj", 5]]) };
    const given = adapter(patterns, [...lora(q, 2), ...lora(v, 1)]);
    const back = await returned(given);
    for (const path of [q, v])
      for (const [index, value] of delta(given, path).entries()) expect(delta(back, path)[index]).toBeCloseTo(value, 5);
  });

  it("is refused with all that mlx_lm has no words for", () => {
    const given = adapter({ loraBias: true }, [
      ...lora("transformer.h.0.self_attention.dense", 2),
      ["score.weight", matrix(2, 3, 0)],
    ]);
    expect(() => writeMlxAdapter(given)).toThrow(expect.objectContaining({ code: "INEXPRESSIBLE_ADAPTER" }));
    for (const what of ["lora_bias", "self_attention.dense", "score.weight", "mlx_lm's format"])
      expect(() => writeMlxAdapter(given)).toThrow(what);
  });
});
