import { bytesSource, float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import type { AdapterFolder } from "../adapter-folder.ts";
import { readAdapterIn } from "../read-adapter-in.ts";

const path = "model.layers.30.self_attn.q_proj";
const a = { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] }; // [inFeatures, rank]
const b = { shape: [2, 4], values: [7, 8, 9, 10, 11, 12, 13, 14] }; // [rank, outFeatures]
const lora = { fine_tune_type: "lora", num_layers: 16, lora_parameters: { rank: 2, scale: 5, dropout: 0.1 } };

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A folder as mlx_lm leaves it. */
function folder(config: object, tensors: Readonly<Record<string, Stored>>): AdapterFolder {
  const stored = Object.entries(tensors).map(
    ([key, { shape, values }]) => [key, float32Tensor(shape, Float32Array.from(values))] as const,
  );
  const files = new Map([
    ["adapter_config.json", new TextEncoder().encode(JSON.stringify(config))],
    ["adapters.safetensors", serializeSafetensors(new Map(stored))],
    ["0000100_adapters.safetensors", new Uint8Array(0)],
  ]);
  return {
    name: "of-mlx",
    list: async () => [...files.keys()],
    has: async (file) => files.has(file),
    open: async (file) => bytesSource(files.get(file) ?? new Uint8Array(0), file),
  };
}

/** The change of a weight [outFeatures, inFeatures] by an adapter, by PEFT's definition: s · B · A. */
function delta({ config, tensors }: Adapter): number[] {
  const [one, other] = [tensors.get(`${path}.lora_A.weight`), tensors.get(`${path}.lora_B.weight`)];
  if (one === undefined || other === undefined) throw new Error("no pair");
  const [rank = 0, inFeatures = 0] = one.shape;
  const [outFeatures = 0] = other.shape;
  return Array.from({ length: outFeatures * inFeatures }, (_, index) => {
    const [row, column] = [Math.floor(index / inFeatures), index % inFeatures];
    let sum = 0;
    for (let k = 0; k < rank; k++) {
      sum += (other.values[row * rank + k] ?? 0) * (one.values[k * inFeatures + column] ?? 0);
    }
    return scalingOf(config, path) * sum;
  });
}

/** The same by mlx_lm's: (scale · lora_bᵀ) · lora_aᵀ. */
function deltaOfMlx(scale: number): number[] {
  return Array.from({ length: 12 }, (_, index) => {
    const [row, column] = [Math.floor(index / 3), index % 3];
    return scale * [0, 1].reduce((sum, k) => sum + (b.values[k * 4 + row] ?? 0) * (a.values[column * 2 + k] ?? 0), 0);
  });
}

const both = { [`${path}.lora_a`]: a, [`${path}.lora_b`]: b };

describe("an adapter of MLX", () => {
  it("adds the same to a weight as mlx_lm, for the layers in the file", async () => {
    const adapter = await readAdapterIn(folder({ ...lora, model: "someone/base" }, both));
    expect(delta(adapter)).toEqual(deltaOfMlx(5));
    expect(adapter.config).toMatchObject({ rank: 2, alpha: 10, dropout: 0.1, targetModules: [path] });
    expect(adapter.config).toMatchObject({ baseModel: "someone/base", taskType: "CAUSAL_LM" });
  });

  it("is scaled by scale · alpha / rank if the file has alpha, like older mlx_lm, with a warning", async () => {
    const codes: string[] = [];
    const config = { lora_layers: 16, lora_parameters: { rank: 2, scale: 5, alpha: 6, dropout: 0 } };
    const adapter = await readAdapterIn(folder(config, both), { onWarning: ({ code }) => codes.push(code) });
    expect(delta(adapter)).toEqual(deltaOfMlx(15));
    expect(codes).toEqual(["MLX_ALPHA"]);
  });

  it("may be a DoRA, and may have a table's factors", async () => {
    const m = { shape: [4], values: [1, 2, 3, 4] };
    const table = { "model.embed_tokens.lora_a": a, "model.embed_tokens.lora_b": b };
    const magnitudes = { [`${path}.m`]: m, "model.embed_tokens.m": m };
    const dora = { ...lora, fine_tune_type: "dora" };
    const { config, tensors } = await readAdapterIn(folder(dora, { ...both, ...table, ...magnitudes }));
    expect(config.useDora).toBe(true);
    expect(tensors.get(`${path}.lora_magnitude_vector`)?.values).toEqual(Float32Array.from(m.values));
    expect(tensors.get("model.embed_tokens.lora_embedding_A")?.shape).toEqual([2, 3]);
    expect(tensors.get("model.embed_tokens.lora_embedding_B")?.shape).toEqual([4, 2]);
  });

  it.each([
    ["all weights trained", { ...lora, fine_tune_type: "full" }, both, "fine_tune_type"],
    ["a scale that is none", { lora_parameters: { rank: 2, scale: "5" } }, both, "lora_parameters.scale"],
    ["another rank", { lora_parameters: { rank: 3, scale: 5 } }, both, "rank"],
    ["half a pair", lora, { [`${path}.lora_a`]: a }, "lora_B"],
    [
      "experts",
      lora,
      { ...both, "x.lora_a": { shape: [1, 3, 2], values: a.values } },
      "matrices A and B of linear layers",
    ],
    ["a bias", lora, { ...both, "x.bias": { shape: [1], values: [1] } }, "is neither lora_a, lora_b nor a magnitude"],
    ["NaN", lora, { ...both, [`${path}.lora_a`]: { ...a, values: [1, 2, 3, 4, 5, Number.NaN] } }, "NaN"],
  ])("is refused with %s", async (_, config, tensors, reason) => {
    await expect(readAdapterIn(folder(config, tensors))).rejects.toThrow(reason);
  });
});
