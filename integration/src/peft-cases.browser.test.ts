// PEFT's numbers in a page, on WebGPU and wasm: base, adapter, gradients and merge (small-training trains). The cases are a small LLaMA, GPT-2,
// Qwen 3, Gemma 2 and RoBERTa, and the variants LoRA, DoRA, rsLoRA, biases and a saved classifier. All others run in Node
// (parity/parity.test.ts).

/// <reference types="vite/types/importMeta.d.ts" />

import { readAdapter } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { chooseEngine, differentiate, engineNames } from "@lowrank/engine";
import { attachAdapter } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { fetchedFolder, loadModel } from "@lowrank/models";
import { parseSafetensors } from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const cases = [
  "llama-gqa", // grouped queries, RMS norm, SwiGLU
  "gpt2", // layer norm, GELU, transposed weights
  "dora-linear",
  "rslora",
  "bias-all",
  "qwen3", // norms of heads
  "gemma2", // windows, bounded scores
  "roberta-seqcls", // a classifier that is saved whole
];

const engine = engineNames.find((name) => name === import.meta.env.LOWRANK_TEST_ENGINES) ?? "wasm";
const adapted = activeAdapters("default");

describe.skipIf(engine === "webgl")(`PEFT's cases on ${engine}`, () => {
  beforeAll(async () => {
    await chooseEngine({
      order: [engine],
      environment: {},
      wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    });
  });

  it.each(cases)("%s", async (name) => {
    const bytesOf = async (file: string) =>
      new Uint8Array(await (await fetch(`/fixtures/peft/${name}/${file}`)).arrayBuffer());
    const file = parseSafetensors(await bytesOf("expected.safetensors"), { name });
    const model = await loadModel(fetchedFolder(`/fixtures/peft/${name}/base`));
    const config = new TextDecoder().decode(await bytesOf("adapter/adapter_config.json"));
    const weights = await bytesOf("adapter/adapter_model.safetensors");
    const handle = attachAdapter(model, await readAdapter({ config, weights }), { trainable: true });
    /** The largest difference from a tensor of the case, without padding. */
    const differenceOf = async (tensor: tf.Tensor, key: string) => {
      const [found, expected] = [await tensor.data(), file.float32(key)];
      tensor.dispose();
      const mask = tensor.rank === 3 ? file.float32("attention_mask") : [1];
      const isPadding = (i: number) => mask[Math.floor((i * mask.length) / expected.length)] === 0;
      return largest(expected.map((value, i) => (isPadding(i) ? 0 : value - (found[i] ?? Number.NaN))));
    };
    const ofLogits = (key: string, context: ForwardContext) =>
      differenceOf(
        tf.tidy(() => model.forward(inputsOf(file), context)),
        key,
      );
    try {
      expect(await ofLogits("base.logits", inferenceContext())).toBeLessThan(1e-4);
      expect(await ofLogits("adapter.logits", inferenceContext(adapted))).toBeLessThan(1e-4);
      const variables = [...handle.variables];
      const { value, gradients } = differentiate(
        () => model.loss(inputsOf(file), inferenceContext(adapted)),
        variables.map(([, variable]) => variable),
      );
      expect(await differenceOf(value, "adapter.loss")).toBeLessThan(1e-5);
      for (const [index, [key, variable]] of variables.entries()) {
        const gradient = gradients[index] ?? tf.zerosLike(variable);
        const name = `grad.base_model.model.${key}`;
        const inFile = tf.tidy(() => tf.clone(handle.inFileLayout(key, gradient)));
        expect(await differenceOf(inFile, name), key).toBeLessThanOrEqual(1e-4 * largest(file.float32(name)));
        gradient.dispose();
      }
      const merged = await mergeAdapter(model, handle);
      expect(await ofLogits("merged.logits", inferenceContext())).toBeLessThan(1e-4);
      merged.undo();
    } finally {
      handle.dispose();
      model.dispose();
    }
  });
});

/** Inside a tidy. */
function inputsOf(file: ReturnType<typeof parseSafetensors>) {
  const of = (name: string) =>
    tf.tensor(Int32Array.from(file.float32(name)), [...(file.tensors.get(name)?.shape ?? [])], "int32");
  const [inputIds, attentionMask] = [of("input_ids") as tf.Tensor2D, of("attention_mask") as tf.Tensor2D];
  return { inputIds, attentionMask, labels: of("labels") };
}

/** The largest magnitude; infinite if one is NaN. */
function largest(numbers: Iterable<number>): number {
  return Math.max(0, ...Array.from(numbers, (one) => (Number.isNaN(one) ? Number.POSITIVE_INFINITY : Math.abs(one))));
}
