import { LowrankError } from "@lowrank/contracts";
import { serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { encodeFloat32 } from "@lowrank/safetensors/internal";
import { describe, expect, it } from "vitest";
import type { invalidAdapterTensorsError } from "../../errors.ts";

import { readAdapter } from "./read-adapter.ts";

const prefix = "base_model.model.";

/** A tensor counting up from 0. */
function counting(shape: readonly number[], dtype: "F32" | "F16" | "BF16" = "F32"): TensorData {
  const size = shape.reduce((product, each) => product * each, 1);
  return {
    dtype,
    shape,
    data: encodeFloat32(
      Float32Array.from({ length: size }, (_, index) => index),
      dtype,
    ),
  };
}

const lora: Readonly<Record<string, TensorData>> = {
  [`${prefix}q.lora_A.weight`]: counting([2, 3]),
  [`${prefix}q.lora_B.weight`]: counting([4, 2]),
};

const plain = { peft_type: "LORA", r: 2, target_modules: ["q"] };

function read(tensors: Readonly<Record<string, TensorData>>, config: Readonly<Record<string, unknown>> = plain) {
  const weights = serializeSafetensors(new Map(Object.entries(tensors)), new Map([["format", "pt"]]));
  return readAdapter({ config: JSON.stringify(config), weights });
}

/** The problems that reading reports, as "key: problem". */
async function problemsOf(
  tensors: Readonly<Record<string, TensorData>>,
  config: Readonly<Record<string, unknown>> = plain,
): Promise<readonly string[]> {
  try {
    await read(tensors, config);
  } catch (error) {
    if (LowrankError.isInstance<ReturnType<typeof invalidAdapterTensorsError>>(error, "INVALID_ADAPTER_TENSORS"))
      return error.problems.map(({ key, problem }) => `${key}: ${problem}`);
    throw error;
  }
  return [];
}

describe("reading an adapter", () => {
  it("returns the tensors without the prefix, in torch's layout", async () => {
    const { tensors } = await read(lora);
    expect(tensors.get("q.lora_A.weight")).toEqual({ shape: [2, 3], values: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect([...tensors.keys()].sort()).toEqual(["q.lora_A.weight", "q.lora_B.weight"]);
  });

  it.each(["F16", "BF16"] as const)("reads %s exactly", async (dtype) => {
    const { tensors } = await read({
      [`${prefix}q.lora_A.weight`]: counting([2, 3], dtype),
      [`${prefix}q.lora_B.weight`]: counting([4, 2], dtype),
    });
    expect(tensors.get("q.lora_A.weight")?.values).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });

  it("keeps the header's texts except the format", async () => {
    const weights = serializeSafetensors(
      new Map(Object.entries(lora)),
      new Map([
        ["format", "pt"],
        ["lowrank.base", "abc"],
      ]),
    );
    const { metadata } = await readAdapter({ config: JSON.stringify(plain), weights });
    expect(metadata).toEqual(new Map([["lowrank.base", "abc"]]));
  });

  it("follows rank_pattern", async () => {
    expect(await problemsOf(lora, { ...plain, r: 8, rank_pattern: { q: 2 } })).toEqual([]);
  });

  it("accepts convolutions, also grouped ones, embeddings, magnitudes and biases", async () => {
    const tensors = {
      [`${prefix}c.lora_A.weight`]: counting([2, 3, 3, 3]),
      [`${prefix}c.lora_B.weight`]: counting([4, 1, 1, 1]),
      [`${prefix}e.lora_embedding_A`]: counting([2, 7]),
      [`${prefix}e.lora_embedding_B`]: counting([5, 2]),
      [`${prefix}c.lora_magnitude_vector`]: counting([1, 4, 1, 1]),
      [`${prefix}c.base_layer.bias`]: counting([4]),
      [`${prefix}model.embed_tokens.weight`]: counting([3, 2]),
      [`${prefix}vit.embeddings.patch_embeddings.projection.weight`]: counting([2, 3, 4, 4]),
    };
    expect(await problemsOf(tensors)).toEqual([]);
  });

  it("accepts only tensors that modules_to_save and bias explain", async () => {
    const tensors = {
      ...lora,
      [`${prefix}classifier.weight`]: counting([2, 3]),
      [`${prefix}classifier.dense.bias`]: counting([2]),
      [`${prefix}norm.bias`]: counting([2]),
    };
    expect(await problemsOf(tensors, { ...plain, modules_to_save: ["classifier"], bias: "all" })).toEqual([]);
    expect(await problemsOf(tensors)).toHaveLength(3);
  });
});

describe("an adapter that an older PEFT wrote, or that was saved as a model's state_dict", () => {
  it("may have a classifier that modules_to_save does not name: its task implies it", async () => {
    const tensors = { ...lora, [`${prefix}classifier.weight`]: counting([2, 3]) };
    const { config } = await read(tensors, { ...plain, task_type: "SEQ_CLS", modules_to_save: null });
    expect(config.modulesToSave).toEqual(["classifier", "score"]);
  });

  it("may have null for init_lora_weights, which PEFT treats as false", async () => {
    expect((await read(lora, { ...plain, init_lora_weights: null })).config.init).toBe(false);
  });

  it("may call the adapter default in its keys", async () => {
    const { tensors } = await read({
      [`${prefix}q.lora_A.default.weight`]: counting([2, 3]),
      [`${prefix}q.lora_B.default.weight`]: counting([4, 2]),
      [`${prefix}q.lora_magnitude_vector.default.weight`]: counting([4]),
      [`${prefix}e.lora_embedding_A.default`]: counting([2, 7]),
      [`${prefix}e.lora_embedding_B.default`]: counting([5, 2]),
    });
    expect([...tensors.keys()].sort()).toEqual([
      "e.lora_embedding_A",
      "e.lora_embedding_B",
      "q.lora_A.weight",
      "q.lora_B.weight",
      "q.lora_magnitude_vector",
    ]);
  });

  it("has no tensor twice, with that name and without", async () => {
    const twice = { ...lora, [`${prefix}q.lora_A.default.weight`]: counting([2, 3]) };
    expect(String(await problemsOf(twice))).toContain("names a tensor twice");
  });
});

describe("tensors that make no adapter", () => {
  it("are all named in one error", async () => {
    const broken = {
      ...lora,
      [`${prefix}half.lora_A.weight`]: counting([2, 3]),
      [`${prefix}rank.lora_A.weight`]: counting([5, 3]),
      [`${prefix}rank.lora_B.weight`]: counting([4, 2]),
      [`${prefix}v.lora_A.mine.weight`]: counting([2, 3]),
      [`${prefix}v.lora_C.weight`]: counting([2, 3]),
      [`${prefix}other.weight`]: counting([2]),
      "v.lora_magnitude_vector": counting([2]),
    };
    const problems = await problemsOf(broken);
    expect(problems).toHaveLength(6);
    expect(problems.join("\n")).toContain("half.lora_A.weight: has no lora_B");
    expect(problems.join("\n")).toContain(
      "rank.lora_A.weight: has the shape [5, 3], so rank 5, but the configuration has 2",
    );
    expect(problems.join("\n")).toContain('carries the adapter\'s name "mine"');
    expect(problems.join("\n")).toContain('does not start with "base_model.model."');
  });

  it("name another program's format", async () => {
    expect(String(await problemsOf({ [`${prefix}q.lora_a`]: counting([3, 2]) }))).toContain("MLX");
    expect(String(await problemsOf({ [`${prefix}q.lora_down.weight`]: counting([2, 3]) }))).toContain("Kohya");
  });

  it("a tensor that is there twice, with and without prefix", async () => {
    const twice = { ...lora, "q.lora_A.weight": counting([2, 3]) };
    expect(String(await problemsOf(twice))).toContain("names a tensor twice");
  });

  it("two spellings of one magnitude", async () => {
    const twice = {
      ...lora,
      [`${prefix}q.lora_magnitude_vector`]: counting([4]),
      [`${prefix}q.lora_magnitude_vector.weight`]: counting([4]),
    };
    expect(String(await problemsOf(twice))).toContain("is a duplicate of");
  });

  it("an empty file, a factor with one axis, a factor that holds nothing", async () => {
    expect(await problemsOf({})).toEqual(["the file: has no tensors"]);
    expect(String(await problemsOf({ ...lora, [`${prefix}q.lora_A.weight`]: counting([2]) }))).toContain("two axes");
    expect(String(await problemsOf({ ...lora, [`${prefix}q.lora_A.weight`]: counting([2, 0]) }))).toContain(
      "which is empty",
    );
  });

  it("integers", async () => {
    const integers: TensorData = { dtype: "I32", shape: [2, 3], data: new Uint8Array(24) };
    expect(String(await problemsOf({ ...lora, [`${prefix}q.lora_A.weight`]: integers }))).toContain("I32");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("%d, unless allowed", async (value) => {
    const broken: TensorData = {
      dtype: "F32",
      shape: [2, 3],
      data: encodeFloat32(Float32Array.of(0, 0, 0, 0, value, 0), "F32"),
    };
    const tensors = { ...lora, [`${prefix}q.lora_A.weight`]: broken };
    expect(await problemsOf(tensors)).toEqual([`q.lora_A.weight: has ${value} at position 4`]);
    const weights = serializeSafetensors(new Map(Object.entries(tensors)));
    const adapter = await readAdapter({ config: JSON.stringify(plain), weights }, { allowNonFinite: true });
    expect(adapter.tensors.get("q.lora_A.weight")?.values[4]).toBe(value);
  });
});

describe("a file with several faults", () => {
  it("has an A without B, a wrong rank, an unknown name, integers and NaN in one error", async () => {
    const broken: TensorData = {
      dtype: "F32",
      shape: [2, 3],
      data: encodeFloat32(Float32Array.of(0, Number.NaN, 0, 0, 0, 0), "F32"),
    };
    const problems = await problemsOf({
      [`${prefix}q.lora_A.weight`]: broken,
      [`${prefix}q.lora_B.weight`]: counting([4, 5]),
      [`${prefix}half.lora_A.weight`]: counting([2, 3]),
      [`${prefix}v.lora_up.weight`]: counting([2, 3]),
      [`${prefix}k.lora_A.weight`]: { dtype: "I32", shape: [2, 3], data: new Uint8Array(24) },
      [`${prefix}k.lora_B.weight`]: counting([4, 2]),
    });
    expect(problems).toHaveLength(5);
    for (const part of ["has no lora_B", "so rank 5", "Kohya", "I32", "q.lora_A.weight: has NaN at position 1"])
      expect(problems.join("\n")).toContain(part);
  });
});

describe("weights that are a pickle", () => {
  it.each([
    ["a zip archive", [0x50, 0x4b, 0x03, 0x04, 0x14, 0, 0, 0, 0, 0]],
    ["a bare pickle", [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]],
  ])("%s is refused with a way out, whatever it is called", async (_, bytes) => {
    const reading = readAdapter({ config: JSON.stringify(plain), weights: Uint8Array.from(bytes) });
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: "PICKLE_WEIGHTS" }));
    await expect(reading).rejects.toThrow("save_pretrained");
  });

  it("a header whose length looks like a zip's first bytes is none", async () => {
    const length = 0x4b50;
    const file = new Uint8Array(8 + length).fill(0x20);
    new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
    file.set(new TextEncoder().encode("{}"), 8);
    await expect(readAdapter({ config: JSON.stringify(plain), weights: file })).rejects.toThrow("has no tensors");
  });
});

describe("a Git LFS pointer", () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";

  it("instead of the weights or the configuration is reported, with the next step", async () => {
    const weights = new TextEncoder().encode(pointer);
    const readings = [
      readAdapter({ config: JSON.stringify(plain), weights }),
      readAdapter({ config: pointer, weights: new Uint8Array(0) }),
    ];
    for (const reading of readings) await expect(reading).rejects.toThrow(/Git LFS pointer.*git lfs pull/);
  });
});

describe("an adapter of another program", () => {
  it.each([
    ["MLX", { "layers.0.q.lora_a": counting([3, 2]) }],
    ["Kohya", { "lora_unet_down_blocks_0.lora_down.weight": counting([2, 3]) }],
    ["Kohya", { "lora_te1_text_model.lora_up.weight": counting([2, 3]) }],
    ["diffusers", { "unet.down_blocks.0.attn.to_q.lora_A.weight": counting([2, 3]) }],
    ["diffusers", { "unet.mid_block.attn.to_q.lora.down.weight": counting([2, 3]) }],
  ])("is called so by its tensors' names: %s", async (format, tensors) => {
    await expect(read(tensors)).rejects.toMatchObject({ code: "FOREIGN_ADAPTER", format });
  });

  it("is called so by its configuration: MLX", async () => {
    const mlx = { fine_tune_type: "lora", num_layers: 16, lora_parameters: { rank: 8, scale: 20, dropout: 0 } };
    await expect(read(lora, mlx)).rejects.toThrow(/adapter_config\.json is in the format of MLX.*mlx_lm\.fuse/);
  });

  it("is called so by its first bytes: GGUF", async () => {
    const weights = new TextEncoder().encode("GGUF\u0003\0\0\0");
    const reading = readAdapter({ config: JSON.stringify(plain), weights });
    await expect(reading).rejects.toThrow(
      /llama\.cpp \(GGUF\), not of PEFT\. If it is an adapter, use the PEFT folder/,
    );
  });
});
