// What every program here begins with: an engine, a model of the given shape, an adapter.

import { createLoraConfig } from "@lowrank/adapter-format";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { loadGguf, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFile } from "@lowrank/safetensors/node";
import * as tf from "@tensorflow/tfjs-core";
import { type Settings, shapeOf } from "../settings.ts";
import { randomFolder } from "./random-folder.ts";

/** Starts a user's default engine, or the one that LOWRANK_ENGINE names; versions for the result. */
export async function startEngine(): Promise<Readonly<Record<string, string>>> {
  const { name } = await chooseEngine();
  return { engine: name, node: process.versions.node, "@tensorflow/tfjs-core": tf.version_core };
}

/** In 4 bits it is a real model, since people have files of such blocks; time does not depend on values. */
export async function loadRandomModel(settings: Settings): Promise<PretrainedModel> {
  const { precision = "f32" } = settings;
  if (precision === "4-bit") {
    const file = await openFile(process.env.LOWRANK_GGUF ?? "");
    return loadGguf(file, { basePrecision: "as-stored" }).finally(() => file.close());
  }
  const folder = randomFolder(shapeOf(settings).config);
  return loadModel(folder, precision === "f32" ? {} : { basePrecision: precision });
}

/** LoRA of rank 8 on the targets of the shape; B starts at 0, so a new adapter changes nothing yet. */
export function addAdapter(model: PretrainedModel, settings: Settings): AdapterHandle {
  const { targets, task } = shapeOf(settings);
  const config = createLoraConfig({
    rank: 8,
    alpha: 16,
    ...(settings.dropout === undefined ? {} : { dropout: settings.dropout }),
    targetModules: targets,
    taskType: task,
  });
  return injectAdapter(model, planInjection(model, config), { seed: 0, baseFingerprint: model.fingerprint });
}

/** Gives every B values, so that merging changes the weights. */
export function disturbAdapter(handle: AdapterHandle): void {
  for (const [key, variable] of handle.variables) {
    if (!key.includes("lora_B")) continue;
    const value = tf.fill(variable.shape, 0.01);
    variable.assign(value);
    value.dispose();
  }
}
