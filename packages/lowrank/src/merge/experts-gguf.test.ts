import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { openGguf } from "@lowrank/gguf";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { ggufModelFile } from "@lowrank/merge/gguf";
import { planMerge } from "@lowrank/merge/internal";
import { loadGguf, type PretrainedModel } from "@lowrank/models";
import { WeightsInFiles } from "@lowrank/models/internal";
import { bytesSource, joinPieces } from "@lowrank/safetensors";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";

const folder = new URL("../../../models/test/fixtures/gguf/", import.meta.url);

function adapt(model: PretrainedModel) {
  const targetParameters = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"];
  const config = createLoraConfig({ rank: 2, targetModules: [], targetParameters, init: false });
  return injectAdapter(model, planInjection(model, config), { seed: 1 });
}

function logits(model: PretrainedModel, ...adapters: readonly string[]): Float32Array {
  const inputs = { inputIds: tf.tensor2d([[3, 14, 15]], undefined, "int32") };
  const forward = () => model.forward(inputs, inferenceContext(activeAdapters(...adapters)));
  return Float32Array.from(tf.tidy(forward).dataSync());
}

it.each(["qwen2moe", "qwen3moe", "mixtral"])("%s merged from its file computes as with the adapter", async (name) => {
  const source = bytesSource(await readFile(new URL(`${name}.gguf`, folder)), name);
  const whole = await loadGguf(source);
  const expected = logits(whole, adapt(whole).name);
  const weights = new WeightsInFiles();
  const model = await loadGguf(source, { leftIn: weights });
  const merge = planMerge(model, adapt(model), { weights });
  for (const type of [await openGguf(source), "F16"] as const) {
    const rounded: string[] = [];
    const file = await ggufModelFile(model, { type, merge, onRounded: ({ tensor }) => void rounded.push(tensor) });
    const pieces: Uint8Array[] = [];
    for await (const piece of file.contents()) pieces.push(piece);
    const again = await loadGguf(bytesSource(joinPieces(pieces), name), { basePrecision: "as-stored" });
    expectClose(logits(again), expected, type === "F16" ? 1e-2 : 1e-4);
    const parts = ["down", "gate", "up"].map((part) => `blk.1.ffn_${part}_exps.weight`);
    expect(rounded.filter((tensor) => tensor.startsWith("blk.1.")).sort()).toEqual(type === "F16" ? parts : []);
  }
});
