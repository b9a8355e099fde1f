// Folders that bitsandbytes and others quantized: LoRA trains on the packed matrices, and merges into what they dequantize to.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { planMerge } from "@lowrank/merge/internal";
import { writeModelFolder } from "@lowrank/merge/node";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { WeightsInFiles } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { lossesOfRow } from "./testing/train-row.ts";

const row = [3, 14, 15, 9, 26, 5, 30, 1];

function inject(model: PretrainedModel): AdapterHandle {
  const config = createLoraConfig({ rank: 4, targetModules: "all-linear" });
  return injectAdapter(model, planInjection(model, config), { seed: 3 });
}

const lossesOf = (model: PretrainedModel, handle: AdapterHandle) =>
  lossesOfRow(model, handle, { row, steps: 6, learningRate: 1e-2 });

function logitsOf(model: PretrainedModel, ...names: string[]): Float32Array {
  const context = inferenceContext(activeAdapters(...names));
  return tf.tidy(() => {
    const logits = model.forward({ inputIds: tf.tensor2d(row, [1, row.length], "int32") }, context);
    return Float32Array.from(logits.dataSync());
  });
}

const names = ["nf4-double", "gptq-act-order"] as const;

describe.each(names)("LoRA on a folder of %s", (name) => {
  const path = join(fixturesRoot, "..", "quantized", name);
  const folder = openFolder(path);

  it("trains on the packed matrices nearly as on the dequantized ones", async () => {
    const losses: (readonly number[])[] = [];
    for (const basePrecision of ["as-stored", "float32"] as const) {
      const model = await loadModel(folder, { basePrecision });
      const handle = inject(model);
      losses.push(await lossesOf(model, handle));
      handle.dispose();
      model.dispose();
    }
    expectClose(losses[0] ?? [], losses[1] ?? [], 0.02);
    expect(losses[0]?.at(-1)).toBeLessThan(losses[0]?.[0] ?? 0);
  });

  it("merges into the dequantized weights, as a plain folder", async () => {
    const out = await mkdtemp(join(tmpdir(), "lowrank-quantized-"));
    const weights = new WeightsInFiles();
    const model = await loadModel(folder);
    const handle = inject(model);
    await lossesOf(model, handle);
    const inFiles = await loadModel(folder, { leftIn: weights });
    const copied = injectAdapter(inFiles, planInjection(inFiles, handle.config), { seed: 3 });
    for (const [key, variable] of copied.variables) variable.assign(handle.variables.get(key) ?? variable);
    await writeModelFolder(join(out, "merged"), {
      model: inFiles,
      merge: planMerge(inFiles, copied, { weights }),
      sourceFolder: path,
    });
    const merged = await loadModel(openFolder(join(out, "merged")));
    expectClose(logitsOf(merged), logitsOf(model, handle.name), 1e-4);
    const { tensors } = parseSafetensors(await readFile(join(out, "merged", "model.safetensors")));
    expect([...tensors.values()].every(({ dtype }) => dtype === "F32")).toBe(true);
    expect(JSON.parse(await readFile(join(out, "merged", "config.json"), "utf8"))).not.toHaveProperty(
      "quantization_config",
    );
    for (const one of [copied, inFiles, handle, model, merged]) one.dispose();
    await weights.close();
    await rm(out, { recursive: true });
  });
});
