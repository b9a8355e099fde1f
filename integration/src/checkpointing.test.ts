// Gradient checkpointing with adapters of every kind: the same bits, less memory. Only here do models meet adapters.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, type ForwardContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, fixturesRoot, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

beforeAll(async () => {
  await chooseEngine({ order: ["cpu"] });
});

interface Case {
  readonly name: string;
  readonly base: string;
  readonly config: Partial<LoraConfig>;
}

const everywhere = { targetModules: "all-linear", rank: 2, alpha: 4, dropout: 0.3, init: false } as const;
const cases: readonly Case[] = [
  { name: "GPT-2", base: "gpt2", config: everywhere },
  { name: "GPT-2 with DoRA", base: "gpt2", config: { ...everywhere, useDora: true } },
  {
    name: "GPT-2 with a norm and a map of a block trained whole",
    base: "gpt2",
    config: { ...everywhere, targetModules: ["c_attn"], modulesToSave: ["ln_1", "c_fc"] },
  },
  { name: "GPT-2 with every bias", base: "gpt2", config: { ...everywhere, bias: "all" } },
  { name: "GPT-2 with a tied table", base: "gpt2", config: { ...everywhere, targetModules: ["wte", "c_attn"] } },
  { name: "LLaMA", base: "llama-gqa", config: everywhere },
  { name: "LLaMA with DoRA", base: "llama-gqa", config: { ...everywhere, useDora: true } },
  {
    name: "LLaMA, from a place in each text on",
    base: "llama-gqa",
    config: { ...everywhere, activationTokens: [4], taskType: "CAUSAL_LM" },
  },
  {
    name: "LLaMA with a norm trained whole",
    base: "llama-gqa",
    config: { ...everywhere, modulesToSave: ["post_attention_layernorm"] },
  },
  {
    name: "LLaMA with a raw parameter",
    base: "llama-gqa",
    config: { ...everywhere, dropout: 0, targetModules: ["q_proj"], targetParameters: ["mlp.down_proj.weight"] },
  },
  {
    name: "the last layer of LLaMA",
    base: "llama-gqa",
    config: { ...everywhere, targetModules: ["q_proj", "down_proj"], layersToTransform: [1] },
  },
  { name: "Mistral, whose attention has a window", base: "mistral", config: everywhere },
  {
    name: "Granite 4, whose Mamba-2 layers are computed twice anyway",
    base: "../family-features/granitemoehybrid",
    config: { ...everywhere, bias: "all" },
  },
  {
    name: "PaliGemma, whose prompts see themselves",
    base: "../family-features/paligemma2",
    config: { ...everywhere, targetModules: ".*language_model.*(q_proj|down_proj)" },
  },
  {
    name: "Qwen3-VL, whose encoder also gives states to the first layers",
    base: "../family-features/qwen3-vl",
    config: everywhere,
  },
  { name: "OPT", base: "opt", config: everywhere },
  { name: "BERT", base: "bert-seqcls", config: everywhere },
  { name: "T5", base: "t5", config: everywhere },
  {
    name: "T5 with its table of distances",
    base: "t5",
    config: { ...everywhere, dropout: 0, targetModules: ["q", "relative_attention_bias"] },
  },
  {
    name: "the decoder of BART",
    base: "bart",
    config: { ...everywhere, targetModules: ".*decoder.*(q_proj|v_proj|fc1)" },
  },
];

const ids = [
  [1, 4, 9, 2, 7, 3],
  [3, 3, 8, 10, 5, 5],
];

/** The second row is padded on the left. */
const shown = [
  [1, 1, 1, 1, 1, 1],
  [0, 0, 1, 1, 1, 1],
];

function lossOf(model: PretrainedModel, context: ForwardContext): tf.Scalar {
  const grid = (rows: readonly (readonly number[])[]) =>
    tf.tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
  const prompt = model.modelType === "paligemma" ? 3 : 0;
  const answers = ids.map((row) => row.map((id, index) => (index < prompt ? -100 : id)));
  const labels = model.task === "sequence-classification" ? tf.tensor1d([0, 1], "int32") : grid(answers);
  const attentionMask = grid(shown);
  if (model.modelType !== "qwen3_vl") return model.loss({ inputIds: grid(ids), attentionMask, labels }, context);
  const inputIds = grid(ids.map((row, index) => (index === 0 ? [1, 47, 47, ...row.slice(3)] : row)));
  const pixelValues = tf.randomUniform<tf.Rank.R4>([2, 3, 4, 4], -1, 1, "float32", 7);
  const imageGrids = [{ rows: 1, columns: 2 }];
  return model.loss({ inputIds, attentionMask, labels, pixelValues, imageGrids }, context);
}

/** Loss and gradients by name, and the bytes that are there between forward and backward. */
function differentiate(model: PretrainedModel, handle: AdapterHandle, more: Partial<ForwardContext>) {
  const context = {
    training: true,
    adapters: activeAdapters(handle.name),
    random: { seed: 5, step: 3, microStep: 1 },
    ...more,
  };
  const before = tf.memory().numBytes;
  let kept = 0;
  const { value, grads } = tf.tidy(() =>
    tf.variableGrads(() => {
      const loss = tf.tidy(() => lossOf(model, context));
      kept = tf.memory().numBytes - before;
      return loss;
    }, [...handle.variables.values()]),
  );
  const numbers = new Map(
    [...handle.variables].map(([name, variable]) => [name, Array.from(grads[variable.name]?.dataSync() ?? [])]),
  );
  const loss = value.dataSync()[0];
  tf.dispose([value, grads]);
  return { loss, numbers, kept };
}

async function withAdapter(
  { base, config }: Omit<Case, "name">,
  work: (model: PretrainedModel, handle: AdapterHandle) => void,
) {
  await expectNoLeak(
    async () => {
      const model = await loadModel(openFolder(`${fixturesRoot}/${base}/base`));
      const handle = injectAdapter(model, planInjection(model, createLoraConfig(config)), { seed: 1 });
      work(model, handle);
      handle.dispose();
      model.dispose();
    },
    { warmUp: false },
  );
}

/** To the bit but for sums whose order is another one: a state's gradient is added up inside a block first. */
function expectSame(
  actual: ReadonlyMap<string, readonly number[]>,
  expected: ReadonlyMap<string, readonly number[]>,
): void {
  for (const [name, values] of expected)
    expectClose(actual.get(name) ?? [], values, 1e-6 * largestMagnitude(values), name);
}

describe("gradient checkpointing", () => {
  it.each(cases)("changes no bit of the loss and the gradients of $name", (one) =>
    withAdapter(one, (model, handle) => {
      const plain = differentiate(model, handle, {});
      expect([...plain.numbers.values()].every((values) => values.length > 0)).toBe(true);
      for (const blocksPerCheckpoint of [1, 2, 100]) {
        const { loss, numbers } = differentiate(model, handle, { blocksPerCheckpoint });
        expect(loss).toBe(plain.loss);
        expectSame(numbers, plain.numbers);
      }
    }),
  );

  it("supports batches with an adapter for each row", () =>
    withAdapter({ base: "llama-gqa", config: everywhere }, (model, handle) => {
      const adapters = adapterRows([handle.name, null]);
      const plain = differentiate(model, handle, { adapters });
      expectSame(differentiate(model, handle, { adapters, blocksPerCheckpoint: 1 }).numbers, plain.numbers);
    }));

  it.each(["gpt2", "llama-gqa"])("keeps a fraction of the bytes between forward and backward of %s", (base) =>
    withAdapter({ base, config: everywhere }, (model, handle) => {
      const plain = differentiate(model, handle, {}).kept;
      const { kept } = differentiate(model, handle, { blocksPerCheckpoint: 1 });
      expect(kept).toBeLessThan(plain / 6);
      // Two states [tokens, 1, 32], into each block; of the supervised positions four [1, 10, 32]: into the last half, into the
      // last norm and into the head, and the head's gradient. Neither keeps anything of padding.
      expect(kept).toBeLessThan(6 * 2 * 6 * 32 * 4);
    }),
  );

  it("refuses an invalid number of blocks", () =>
    withAdapter({ base: "gpt2", config: everywhere }, (model, handle) => {
      for (const blocksPerCheckpoint of [0, 1.5, Number.NaN]) {
        expect(() => differentiate(model, handle, { blocksPerCheckpoint })).toThrow(/blocksPerCheckpoint/);
      }
    }));
});
