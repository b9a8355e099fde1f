import { bytesSource, float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import { alphaOf, rankOf } from "../../targets/scaling.ts";
import type { AdapterFolder } from "../adapter-folder.ts";
import { currentAdapter } from "../peft/current-adapter.ts";
import { readAdapterIn } from "../read-adapter-in.ts";
import { parseKohyaKey } from "./module-parts.ts";
import { writeKohyaAdapter } from "./write-kohya.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A folder with one file of such tensors, filled with 0.5, and perhaps others. */
function folder(shapes: Shapes, ...others: readonly string[]): AdapterFolder {
  const tensors = Object.entries(shapes).map(([key, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [key, float32Tensor(shape, new Float32Array(count).fill(0.5))] as const;
  });
  const bytes = serializeSafetensors(new Map(tensors));
  const names = ["lora.safetensors", ...others];
  return {
    name: "of-kohya",
    list: async () => names,
    has: async (file) => names.includes(file),
    open: async (file) => bytesSource(bytes, file),
  };
}

const q = "lora_te_text_model_encoder_layers_0_self_attn_q_proj";
const conv = "lora_unet_input_blocks_1_0_in_layers_2";
const lora = { [`${q}.lora_down.weight`]: [4, 6], [`${q}.lora_up.weight`]: [5, 4] };

describe("an adapter of Kohya's", () => {
  it("has each module's rank from its shapes, and the rank as α if the file has none", async () => {
    const adapter = await readAdapterIn(
      folder({
        ...lora,
        [`${q}.alpha`]: [],
        [`${conv}.lora_down.weight`]: [2, 3, 3, 3],
        [`${conv}.lora_up.weight`]: [7, 2, 1, 1],
      }),
    );
    expect([rankOf(adapter.config, q), alphaOf(adapter.config, q)]).toEqual([4, 0.5]);
    expect([rankOf(adapter.config, conv), alphaOf(adapter.config, conv)]).toEqual([2, 2]);
    expect(adapter.tensors.get(`${conv}.lora_A.weight`)?.shape).toEqual([2, 3, 3, 3]);
  });

  it("has a convolution in three as one in two", async () => {
    const three = {
      [`${conv}.lora_down.weight`]: [2, 3, 1, 1],
      [`${conv}.lora_mid.weight`]: [2, 2, 3, 3],
      [`${conv}.lora_up.weight`]: [7, 2, 1, 1],
    };
    const adapter = await readAdapterIn(folder(three));
    expect(adapter.tensors.get(`${conv}.lora_A.weight`)).toEqual({
      shape: [2, 3, 3, 3],
      values: new Float32Array(54).fill(0.5),
    });
  });

  it("is refused with every module that is no adapter here", async () => {
    const broken = {
      ...lora,
      "lora_te_a.lora_down.weight": [2, 3],
      "lora_te_b.hada_w1_a": [2, 3],
      "lora_te_c.lokr_w1": [5000, 5000],
      "lora_te_c.lokr_w2": [5000, 5000],
      "lora_te_d.diff": [2, 3],
      [`${q}.alpha`]: [2],
    };
    const refused = readAdapterIn(folder(broken));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_ADAPTER_TENSORS" });
    for (const what of ["no up half", "hada_w1_b", "rank 5000", "lora_te_d.diff", "the shape [2]"])
      await expect(refused).rejects.toThrow(what);
  });

  it("must be named by its file if the folder has several", async () => {
    await expect(readAdapterIn(folder(lora, "other.safetensors"))).rejects.toThrow(/Kohya.*path of the \.safetensors/);
  });

  it("fits the text encoder with the same number of modules, or reports that two fit", async () => {
    const both = await readAdapterIn(
      folder(
        Object.fromEntries(
          ["te1", "te2"].flatMap((part, index) =>
            [...Array(index + 1).keys()].flatMap((layer) => [
              [`lora_${part}_text_model_encoder_layers_${layer}_mlp_fc1.lora_down.weight`, [1, 2]],
              [`lora_${part}_text_model_encoder_layers_${layer}_mlp_fc1.lora_up.weight`, [3, 1]],
            ]),
          ),
        ),
      ),
    );
    const layers = ["encoder.layers.0.mlp.fc1", "encoder.layers.1.mlp.fc1"];
    const { config } = currentAdapter(both, { modules: layers, parameters: [] });
    expect(config.targetModules).toEqual(layers);
    expect(() => currentAdapter(both, { modules: layers.slice(0, 1), parameters: [] })).toThrow(/both fit/);
    expect(currentAdapter(both, { modules: ["h.0.attn"], parameters: [] })).toBe(both);
  });

  it("cannot hold tables, biases and twins, and names them", () => {
    const half = { shape: [1, 1], values: Float32Array.of(1) };
    const tensors = new Map([
      ["wte.lora_embedding_A", half],
      ["wte.lora_embedding_B", half],
      ...["a.b_c", "a_b.c"].flatMap((path) => [
        [`${path}.lora_A.weight`, half] as const,
        [`${path}.lora_B.weight`, half] as const,
      ]),
      ["score.weight", half],
    ]);
    const config = createLoraConfig({ rank: 1, loraBias: true, targetModules: ["a"] });
    const write = () => writeKohyaAdapter({ config, tensors, metadata: new Map() });
    expect(write).toThrow(expect.objectContaining({ code: "INEXPRESSIBLE_ADAPTER" }));
    for (const what of ["lora_bias", "wte", "same name as a.b_c", "score.weight"]) expect(write).toThrow(what);
  });
});

describe("the spelling of a key", () => {
  it.each([
    [
      "unet.mid_block.attentions.0.attn1.processor.to_out_lora.up.weight",
      "unet.mid_block.attentions.0.attn1.to_out.0",
      "b",
    ],
    [
      "text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.down.weight",
      "text_encoder.text_model.encoder.layers.0.mlp.fc1",
      "a",
    ],
    ["unet.a.to_q.lora.down.weight", "unet.a.to_q", "a"],
    ["transformer.blocks.0.attn.to_q.lora_A.weight", "transformer.blocks.0.attn.to_q", "a"],
    ["lora_unet_x.dora_scale", "lora_unet_x", "magnitude"],
  ])("%s", (key, path, part) => {
    expect(parseKohyaKey(key)).toEqual({ path, part });
  });

  it("is undefined for keys that could be patterns, or nothing", () => {
    for (const key of ["lora_te_(a+)+.alpha", ".alpha", "alpha", "a.weight"])
      expect(parseKohyaKey(key)).toBeUndefined();
  });
});
