// PEFT's numbers in a page, on WebGPU and wasm: base, adapter, gradients, merge and a training. The cases are a small LLaMA, GPT-2,
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
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const cases = [
  "llama-gqa", // grouped queries, RMS norm, SwiGLU
  "gpt2-clip", // layer norm, GELU, transposed weights; clipping
  "dora-linear",
  "rslora",
  "bias-all",
  "qwen3", // norms of heads
  "gemma2", // windows, bounded scores
  "roberta-seqcls", // a classifier that is saved whole
];

const engine = engineNames.find((name) => name === import.meta.env.LOWRANK_TEST_ENGINES) ?? "wasm";
const adapted = activeAdapters("default");

/** As CONTRIBUTING.md has them; a training's losses differ by what its steps add up. */
const tolerances = { logits: 1e-4, loss: 1e-5, gradients: 1e-4, training: 1e-4 } as const;

describe.skipIf(engine === "webgl")(`PEFT's cases on ${engine}`, () => {
  beforeAll(async () => {
    await chooseEngine({
      order: [engine],
      environment: {},
      wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    });
  });

  it.each(cases)("%s", async (name) => {
    const folder = `/fixtures/peft/${name}`;
    const tensors = await read(`${folder}/expected.safetensors`);
    const { train: training } = await (await fetch(`${folder}/expected.json`)).json();
    const [config, weights] = await Promise.all(
      ["adapter_config.json", "adapter_model.safetensors"].map((file) => fetch(`${folder}/adapter/${file}`)),
    );
    if (config === undefined || weights === undefined) throw new Error("Two files were fetched.");
    const adapter = await readAdapter({
      config: await config.text(),
      weights: new Uint8Array(await weights.arrayBuffer()),
    });
    const model = await loadModel(fetchedFolder(`${folder}/base`));
    const handle = attachAdapter(model, adapter, { trainable: true });
    const inputs = (from = "", batch?: number) => inputsOf(tensors, from, batch);
    const logitsOf = async (context: ForwardContext) => {
      const logits = tf.tidy(() => model.forward(inputs(), context));
      return logits.data().finally(() => logits.dispose());
    };
    const expectLogits = async (key: string, context: ForwardContext) => {
      const { shape, values } = expected(tensors, key);
      const mask = tensors.get("attention_mask")?.values;
      const perPosition = values.length / (mask?.length ?? 1);
      const isPadding = (i: number) => shape.length === 3 && mask?.[Math.floor(i / perPosition)] === 0;
      const found = await logitsOf(context);
      expect(
        largest(values.map((value, i) => (isPadding(i) ? 0 : value - (found[i] ?? Number.NaN)))),
        key,
      ).toBeLessThan(tolerances.logits);
    };
    try {
      await expectLogits("base.logits", inferenceContext());
      await expectLogits("adapter.logits", inferenceContext(adapted));
      const variables = [...handle.variables];
      const { value, gradients } = differentiate(
        () => model.loss(inputs(), inferenceContext(adapted)),
        variables.map(([, variable]) => variable),
      );
      const [loss = Number.NaN] = await value.data();
      expect(Math.abs(loss - (expected(tensors, "adapter.loss").values[0] ?? 0))).toBeLessThan(tolerances.loss);
      for (const [index, [key]] of variables.entries()) {
        const { values } = expected(tensors, `grad.base_model.model.${key}`);
        const gradient = gradients[index];
        const inFile = gradient && tf.tidy(() => tf.clone(handle.inFileLayout(key, gradient)));
        const found = (await inFile?.data()) ?? [];
        const difference = largest(values.map((one, i) => one - (found[i] ?? 0)));
        expect(difference, key).toBeLessThanOrEqual(tolerances.gradients * largest(values));
        inFile?.dispose();
      }
      tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
      const merged = await mergeAdapter(model, handle);
      await expectLogits("merged.logits", inferenceContext());
      merged.undo();
      if (training === undefined) return;
      const losses: number[] = [];
      const { lr, betas, eps, weight_decay, steps, clip, schedule, warmup, accumulate } = training;
      const events = train<number>({
        variables: handle.variables,
        batches: () => Array.from({ length: steps * accumulate }, (_, index) => index),
        loss: (batch, random) => model.loss(inputs("train.", batch), { adapters: adapted, training: true, random }),
        ...{ steps, learningRate: lr, betas, epsilon: eps, weightDecay: weight_decay, clipNorm: clip, schedule },
        ...{ warmupSteps: warmup, gradientAccumulationSteps: accumulate },
      });
      for await (const event of events) if (event.type === "step") losses.push(event.loss);
      const differences = (training.losses as number[]).map((one, step) => one - (losses[step] ?? Number.NaN));
      expect(largest(differences)).toBeLessThan(tolerances.training);
    } finally {
      handle.dispose();
      model.dispose();
    }
  });
});

type Tensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

async function read(url: string): Promise<Tensors> {
  const file = parseSafetensors(new Uint8Array(await (await fetch(url)).arrayBuffer()), { name: url });
  return new Map([...file.tensors].map(([name, { shape }]) => [name, { shape, values: file.float32(name) }]));
}

function expected(tensors: Tensors, name: string) {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`The case has no tensor "${name}".`);
  return tensor;
}

/** Inside a tidy: the case's own batch, or one of those in "train.…". */
function inputsOf(tensors: Tensors, from: string, batch: number | undefined) {
  const of = (name: string) => {
    const { shape, values } = expected(tensors, from + name);
    const all = tf.tensor(Int32Array.from(values), [...shape], "int32");
    return batch === undefined ? all : tf.squeeze(tf.slice(all, batch, 1), [0]);
  };
  return {
    inputIds: of("input_ids") as tf.Tensor2D,
    attentionMask: of("attention_mask") as tf.Tensor2D,
    labels: of("labels"),
  };
}

/** The largest magnitude; infinite if one is NaN. */
function largest(numbers: Iterable<number>): number {
  return Math.max(0, ...Array.from(numbers, (one) => (Number.isNaN(one) ? Number.POSITIVE_INFINITY : Math.abs(one))));
}
