// Quantized folders with one thing wrong: an error that names the tensor or the setting.

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WarningListener } from "@lowrank/contracts";
import { serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { filesFolder } from "../../folder/files-folder.ts";
import { loadModel } from "../load-model.ts";

type Change = (tensor: TensorData) => TensorData | undefined;

/** Loads a fixture after a change of its `q_proj` tensor of that name, and of settings of `quantization_config`. */
async function loadChanged(
  fixture: string,
  name: string,
  change: Change,
  settings: Readonly<Record<string, unknown>> = {},
  onWarning: WarningListener = () => {},
) {
  const path = (file: string) => join(fixturesRoot, "..", "quantized", fixture, file);
  const file = parseSafetensors(await readFile(path("model.safetensors")));
  const tensors = new Map<string, TensorData>();
  for (const [key, { dtype, shape }] of file.tensors) {
    const tensor = { dtype, shape, data: file.bytes(key) };
    const changed = key.endsWith(`q_proj.${name}`) ? change(tensor) : tensor;
    if (changed !== undefined) tensors.set(key, changed);
  }
  const config = JSON.parse(await readFile(path("config.json"), "utf8"));
  Object.assign(config.quantization_config, settings);
  const files = new Map([
    ["config.json", new TextEncoder().encode(JSON.stringify(config))],
    ["model.safetensors", serializeSafetensors(tensors)],
  ]);
  return loadModel(filesFolder("changed", files), { basePrecision: "as-stored", onWarning });
}

const filled =
  (value: number): Change =>
  (tensor) => ({ ...tensor, data: tensor.data.map(() => value) });
const shaped =
  (shape: readonly number[]): Change =>
  (tensor) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const width = tensor.data.length / tensor.shape.reduce((product, length) => product * length, 1);
    return { ...tensor, shape, data: new Uint8Array(size * width) };
  };
const stated =
  (change: Readonly<Record<string, unknown>>): Change =>
  (tensor) => {
    const state = { ...JSON.parse(new TextDecoder().decode(tensor.data)), ...change };
    const data = new TextEncoder().encode(JSON.stringify(state));
    return { ...tensor, shape: [data.length], data };
  };
const state = "weight.quant_state.bitsandbytes__nf4";
const same: Change = (tensor) => tensor;
const gone: Change = () => undefined;

it.each<readonly [fixture: string, name: string, change: Change, problem: string | RegExp]>([
  ["nf4-double", "weight.absmax", gone, 'q_proj.weight.absmax" of the model "model.safetensors": it is missing'],
  ["nf4-double", "weight.absmax", shaped([63]), "it is U8 [63], expected U8 [64]"],
  ["nf4-double", "weight.nested_absmax", filled(255), "q_proj.weight.nested_absmax"],
  ["nf4-double", "weight.nested_quant_map", shaped([255]), "it is F32 [255], expected F32 [256]"],
  ["nf4-double", state, stated({ blocksize: 0 }), "its JSON has blocksize 0"],
  ["nf4-double", state, stated({ shape: [2 ** 30, 2 ** 30] }), /its JSON has no shape|bytes, expected/],
  ["nf4-double", state, stated({ quant_type: "nf3" }), "its JSON has quant_type nf3"],
  ["nf4-double", state, filled(91), "its JSON is nested more than"],
  ["nf4-double", state, shaped([5000]), "it has 5000 bytes, expected at most 4096"],
  ["llm-int8", "weight_format", filled(2), "it is 2, expected 0 (rows in order)"],
  ["llm-int8", "SCB", shaped([3]), "it is F32 [3], expected F32 [64]"],
  ["gptq", "g_idx", filled(1), "input 0 is in group 16843009, expected 0 to 1"],
  ["gptq", "scales", shaped([0, 64]), /q_proj.scales.*0 groups|qzeros.*expected I32 \[0,8\]/],
  ["gptq", "qzeros", shaped([2, 7]), "it is I32 [2,7], expected I32 [2,8]"],
  ["gptq", "qweight", shaped([64]), "it is I32 [64], expected I32 [any,any]"],
  ["awq", "scales", gone, 'q_proj.scales" of the model "model.safetensors": it is missing'],
  ["packed-int4", "weight_shape", filled(127), "q_proj.weight_packed"],
  ["packed-int4", "weight_scale", shaped([64, 3]), "it has 3 scales a row for 64 columns"],
  [
    "packed-int4-zeros",
    "weight_zero_point",
    gone,
    'q_proj.weight_zero_point" of the model "model.safetensors": it is missing, but `symmetric`',
  ],
  ["int8-channel", "weight_scale", shaped([63, 1]), "it is BF16 [63,1], expected F16 or BF16 or F32 [64,any]"],
])("%s with another %s is refused (%#)", async (fixture, name, change, problem) => {
  const before = tf.memory().numTensors;
  const loading = loadChanged(fixture, name, change);
  await expect(loading).rejects.toThrow(problem);
  await expect(loading).rejects.toMatchObject({ code: "MODEL_FILE" });
  expect(tf.memory().numTensors).toBe(before);
});

const group = (symmetric: unknown) => ({ weights: { type: "int", num_bits: 4, strategy: "channel", symmetric } });

it.each([
  ["gptq", { bits: 3 }, "quantization_config.bits: got 3, expected 4"],
  ["gptq", { group_size: 0 }, "quantization_config.group_size: got 0"],
  ["gptq", { checkpoint_format: "marlin" }, "quantization_config.checkpoint_format"],
  ["awq", { version: "gemv" }, 'quantization_config.version: got "gemv"'],
  [
    "packed-int4",
    { config_groups: { a: group(true), b: group(false) } },
    "weights.symmetric: got [true,false], expected one value",
  ],
  ["packed-int4", { config_groups: { a: group(null) } }, "config_groups.a.weights.symmetric: got null"],
  ["packed-int4", { format: "nvfp4-pack-quantized" }, "quantization_config.format"],
  ["nf4-double", { quant_method: "hqq" }, /quant_method: got "hqq", expected "bitsandbytes".*dequantize\(\)/],
])("%s with %j is refused", async (fixture, settings, problem) => {
  const loading = loadChanged(fixture, "", same, settings);
  await expect(loading).rejects.toThrow(problem);
  await expect(loading).rejects.toMatchObject({ code: "INVALID_CONFIG" });
});

it("refuses zero points that move weights of a symmetric file", async () => {
  const settings = { config_groups: { a: group(true) } };
  await expect(loadChanged("packed-int4-zeros", "", same, settings)).rejects.toThrow(
    'weight_zero_point" of the model "model.safetensors": it shifts weights',
  );
});

it("warns that inputs are not quantized", async () => {
  const settings = {
    config_groups: { a: { ...group(true), input_activations: { num_bits: 8, type: "int", dynamic: true } } },
  };
  const warnings: string[] = [];
  (await loadChanged("packed-int4", "", same, settings, ({ message }) => warnings.push(message))).dispose();
  expect(warnings).toEqual([expect.stringContaining('also quantizes inputs ("config_groups.a.input_activations")')]);
});
