// Files as Kohya's sd-scripts, LyCORIS and diffusers write them, on a CLIP text encoder, held to its states with the products of
// these programs added to its weights: fixtures/kohya, made by scripts/python/make_kohya_cases.py.

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { currentAdapter, readAdapterIn, writeKohyaAdapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { bytesSource } from "@lowrank/safetensors";
import { type ParsedSafetensors, parseSafetensors } from "@lowrank/safetensors/internal";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../fixtures/kohya", import.meta.url));
const pathOf = (name: string) => `${root}/${name}.safetensors`;

describe("an adapter of a pipeline that makes images, on its text encoder", () => {
  let model: PretrainedModel;
  let expected: ParsedSafetensors;
  beforeAll(async () => {
    model = await loadModel(openFolder(`${root}/base`));
    expected = parseSafetensors(await readFile(pathOf("expected")));
  });
  afterAll(() => model.dispose());

  const states = (adapter?: string) =>
    tf.tidy(() => {
      const inputIds = tf.tensor2d([1, 7, 11, 30, 2, 1, 4, 4, 19, 2], [2, 5], "int32");
      return model.forward({ inputIds }, inferenceContext(activeAdapters(...(adapter ? [adapter] : [])))).dataSync();
    });
  const distance = (one: ArrayLike<number>, other: ArrayLike<number>) =>
    Array.from(one).reduce((max, value, index) => Math.max(max, Math.abs(value - (other[index] ?? Number.NaN))), 0);

  it.each(["kohya", "diffusers_old", "diffusers", "dora", "loha", "lokr"])("computes as there: %s", async (name) => {
    const warnings: string[] = [];
    const adapter = await readAdapterFolder(pathOf(name));
    const handle = attachAdapter(model, adapter, { onWarning: ({ message }) => warnings.push(message) });
    const ours = states(handle.name);
    handle.dispose();
    expect(distance(ours, expected.float32(name))).toBeLessThan(1e-4);
    expect(distance(ours, expected.float32("base"))).toBeGreaterThan(0.05);
    expect(warnings.join()).toMatch(
      name === "kohya"
        ? /weights for 8 modules, of .*lora_unet.* 6 of them, of lora_te; the other 2 are left out/
        : /^$/,
    );
  });

  it("is written again to the byte, with sd-scripts' metadata of the training", async () => {
    const bytes = new Uint8Array(await readFile(pathOf("kohya")));
    const [before, after] = [bytes, writeKohyaAdapter(await readAdapterFolder(pathOf("kohya")), { dtype: "F16" })].map(
      (file) => parseSafetensors(file),
    );
    expect([...(after?.tensors.keys() ?? [])].sort()).toEqual([...(before?.tensors.keys() ?? [])].sort());
    for (const [name, { dtype, shape }] of before?.tensors ?? []) {
      expect(after?.tensors.get(name)).toMatchObject({ dtype, shape });
      expect(after?.bytes(name)).toEqual(before?.bytes(name));
    }
    expect(after?.metadata).toEqual(new Map([...(before?.metadata ?? []), ["format", "pt"]]));
  });

  it("a trained adapter becomes a file for these pipelines, and is the same to the bit after reading", async () => {
    const modules = model.sites().map(({ path }) => path);
    const own = currentAdapter(await readAdapterFolder(pathOf("dora")), { modules, parameters: [] });
    const file = writeKohyaAdapter(own);
    const there = await readAdapterIn({
      name: "there",
      list: async () => ["x.safetensors"],
      has: async (name) => name === "x.safetensors",
      open: async () => bytesSource(file, "x.safetensors"),
    });
    expect([...there.tensors.keys()]).toContain("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_A.weight");
    const back = currentAdapter(there, { modules, parameters: [] });
    expect(back.tensors).toEqual(own.tensors);
    expect(back.config).toEqual(own.config);
  });
});
