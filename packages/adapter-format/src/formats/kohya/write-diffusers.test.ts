import { bytesSource } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import type { Adapter } from "../../lora-config.ts";
import { readAdapterIn } from "../read-adapter-in.ts";
import { writeDiffusersAdapter } from "./write-diffusers.ts";

const adapterOn = (path: string): Adapter => ({
  config: createLoraConfig({ rank: 2, alpha: 8, targetModules: [path] }),
  tensors: new Map([
    [`${path}.lora_A.weight`, { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    [`${path}.lora_B.weight`, { shape: [1, 2], values: Float32Array.of(1, -1) }],
  ]),
  metadata: new Map(),
});

it("uses diffusers' names, with the scale in each B, and is read with a scale of 1", async () => {
  const file = writeDiffusersAdapter(adapterOn("encoder.layers.0.mlp.fc1"), { component: "te2" });
  const path = "text_encoder_2.text_model.encoder.layers.0.mlp.fc1";
  expect([...parseSafetensors(file).float32(`${path}.lora_B.weight`)]).toEqual([4, -4]);
  const { config, tensors } = await readAdapterIn({
    name: "there",
    list: async () => ["x.safetensors"],
    has: async (name) => name === "x.safetensors",
    open: async () => bytesSource(file, "x.safetensors"),
  });
  expect([...tensors.keys()]).toEqual([`${path}.lora_A.weight`, `${path}.lora_B.weight`]);
  expect([config.rank, config.alpha]).toEqual([2, 2]);
});

it("refuses Kohya's names, in which dots are lost", () => {
  const kohya = adapterOn("lora_te_text_model_encoder_layers_0_mlp_fc1");
  expect(() => writeDiffusersAdapter(kohya)).toThrow(expect.objectContaining({ code: "INEXPRESSIBLE_ADAPTER" }));
  expect(() => writeDiffusersAdapter(kohya)).toThrow(/underscore may mean a dot/);
});
