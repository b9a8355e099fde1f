// A whole small training in a page: its engine must tell the losses that plain JavaScript tells.

/// <reference types="vite/types/importMeta.d.ts" />

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { chooseEngine, type EngineName, engineNames } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { batchTensors, loadModel } from "@lowrank/models";
import { type BasePrecision, fetchedFolder, type IntegerBatch } from "@lowrank/models/internal";
import { expectNoLeak } from "@lowrank/testing";
import { train } from "@lowrank/trainer";
import { describe, expect, it } from "vitest";

interface Run {
  readonly name: string;
  /** A fixture whose base is trained, of 32 features. */
  readonly base: string;
  readonly adapter: Partial<LoraConfig>;
  readonly precision?: BasePrecision;
}

const lora = { rank: 4, alpha: 8, dropout: 0.1, targetModules: "all-linear" } as const;

const runs: readonly Run[] = [
  { name: "a LLaMA", base: "llama-gqa", adapter: lora },
  {
    name: "a GPT-2 by DoRA, with its embeddings",
    base: "gpt2",
    adapter: { ...lora, useDora: true, targetModules: ["c_attn", "c_fc", "wte"] },
  },
  { name: "a LLaMA by QA-LoRA", base: "llama-gqa", adapter: { ...lora, useQalora: true, qaloraGroupSize: 8 } },
  { name: "a LLaMA in NF4", base: "llama-gqa", adapter: lora, precision: "nf4" },
  { name: "a LLaMA in int8", base: "llama-gqa", adapter: lora, precision: "int8" },
  { name: "a LLaMA in bf16", base: "bf16-base", adapter: lora, precision: "as-stored" },
];

const steps = 5;
/** Of each loss; 2e-7 was seen. A card's own exponentials may be a few units of the last place off, over all steps. */
const tolerance = 1e-3;
/** The engine of this page (vitest.browser.config.ts). */
const engine = engineNames.find((name) => name === import.meta.env.LOWRANK_TEST_ENGINES) ?? "wasm";

describe(`training on ${engine}`, () => {
  it.each(runs)("has the same losses as cpu, and leaks nothing: $name", async (run) => {
    const [expected, found] = [await lossesOn("cpu", run), await lossesOn(engine, run)];
    expect(expected).toHaveLength(steps);
    expect(expected.at(-1)).toBeLessThan((expected[0] ?? 0) - 0.1);
    const differences = expected.map((loss, step) => Math.abs((found[step] ?? Number.NaN) / loss - 1));
    const [first, last] = [found[0]?.toFixed(4), found.at(-1)?.toFixed(4)];
    console.info(
      `${run.name} on ${engine}: loss ${first} to ${last}, at most ${Math.max(...differences)} of it from cpu's`,
    );
    expect(differences.filter((difference) => !(difference < tolerance))).toEqual([]);
  });
});

async function lossesOn(name: EngineName, { base, adapter, precision = "float32" }: Run): Promise<readonly number[]> {
  const wasmPath = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/"; // on the tests' server, whose root is the repository
  await chooseEngine({ order: [name], environment: {}, wasmPath });
  const losses: number[] = [];
  const run = async () => {
    const model = await loadModel(fetchedFolder(`/fixtures/peft/${base}/base`), { basePrecision: precision });
    const handle = injectAdapter(model, planInjection(model, createLoraConfig(adapter)), { seed: 3 });
    const adapters = activeAdapters(handle.name);
    const events = train<IntegerBatch>({
      variables: handle.variables,
      batches: () => batches,
      loss: (batch, random) => model.loss(batchTensors(batch), { training: true, adapters, random }),
      steps,
      learningRate: 0.05,
      seed: 3,
    });
    for await (const event of events) if (event.type === "step") losses.push(event.loss);
    handle.dispose();
    model.dispose();
  };
  await expectNoLeak(run, { warmUp: false });
  return losses;
}

/** Two rows of 10 tokens, the second padded on the left, so that its first queries see nothing. */
const batches: readonly IntegerBatch[] = [0, 1, 2].map((number) => {
  const [rows, time] = [2, 10];
  const indices = Int32Array.from({ length: rows * time }, (_, index) => index);
  const isToken = (index: number) => index < time || index >= time + 3;
  const inputIds = indices.map((index) => (isToken(index) ? 3 + ((index * index + 31 * number) % 90) : 0));
  return {
    rows,
    time,
    inputIds,
    attentionMask: indices.map((index) => (isToken(index) ? 1 : 0)),
    labels: indices.map((index) => (isToken(index) && index % 4 !== 0 ? (inputIds[index] ?? 0) : -100)),
    labelShape: [rows, time],
  };
});
