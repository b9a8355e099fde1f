// Activated LoRA in whole models: where an adapter acts, in training and in generation. What PEFT computes is compared by
// the cases "activated…" of fixtures/lora-features, and in `npm run test:peft`.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { generate, loadModel, type PretrainedModel } from "@lowrank/models";
import { KeyValueCache } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, fixturesRoot, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { referencesRoot } from "./peft/bases/open-base.ts";

beforeAll(async () => {
  await chooseEngine({ order: ["cpu"] });
});

const everywhere = { targetModules: "all-linear", rank: 2, alpha: 4, init: false, taskType: "CAUSAL_LM" } as const;
const active = inferenceContext(activeAdapters("default"));
const grid = (rows: readonly (readonly number[])[]) =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    undefined,
    "int32",
  );

async function withAdapter(
  folder: string,
  config: Partial<LoraConfig>,
  work: (model: PretrainedModel, handle: AdapterHandle) => unknown,
): Promise<void> {
  await expectNoLeak(
    async () => {
      const model = await loadModel(openFolder(folder));
      const plan = planInjection(model, createLoraConfig({ ...everywhere, ...config }));
      const handle = injectAdapter(model, plan, { seed: 1 });
      await work(model, handle);
      handle.dispose();
      model.dispose();
    },
    { warmUp: false },
  );
}

const base = (name: string) => `${fixturesRoot}/${name}/base`;

/** Logits of a text, position by position. */
function logitsOf(model: PretrainedModel, rows: readonly (readonly number[])[], context: ForwardContext) {
  return tf.tidy(() => {
    const logits = model.forward({ inputIds: grid(rows) }, context);
    const [, time = 0, classes = 0] = logits.shape;
    const values = Float32Array.from(logits.dataSync());
    return rows.map((_, row) =>
      Array.from({ length: time }, (_, at) =>
        values.slice((row * time + at) * classes, (row * time + at + 1) * classes),
      ),
    );
  });
}

const text = [
  [4, 8, 30, 9, 30, 9, 5, 6],
  [9, 30, 8, 4, 7, 6, 5, 5],
];

describe.each(["gpt2", "llama-gqa", "gpt_neox", "opt"])("an activated adapter on %s", (name) => {
  it("changes nothing before its tokens, nor in a text without them", () =>
    withAdapter(base(name), { activationTokens: [30, 9] }, (model) => {
      const [plain, adapted] = [logitsOf(model, text, inferenceContext()), logitsOf(model, text, active)];
      for (let at = 0; at < 8; at++) {
        const isSame = adapted[0]?.[at]?.every((value, index) => value === plain[0]?.[at]?.[index]);
        expect(isSame, `position ${at}`).toBe(at < 4);
      }
      expect(adapted[1]).toEqual(plain[1]);
    }));

  it("has the loss and gradients of all states when training reads only some", () =>
    withAdapter(
      base(name),
      {
        activationTokens: [30],
        targetModules: ".*(c_attn|c_fc|q_proj|fc1|up_proj|query_key_value|dense|lm_head|embed_out)",
      },
      (model, handle) => {
        const labels = [
          [-100, -100, 30, -100, 30, 9, -100, 6],
          [-100, 30, -100, 4, -100, -100, 5, -100],
        ];
        const variables = [...handle.variables.values()];
        const [early, late] = [true, false].map((training) => {
          const { value, grads } = tf.tidy(() =>
            tf.variableGrads(
              () => model.loss({ inputIds: grid(text), labels: grid(labels) }, { ...active, training }),
              variables,
            ),
          );
          const numbers = variables.map((variable) => Array.from(grads[variable.name]?.dataSync() ?? []));
          const loss = value.dataSync()[0];
          tf.dispose([value, grads]);
          return { loss, numbers };
        });
        expectClose([early?.loss ?? 0], [late?.loss ?? 1], 1e-6);
        for (const [index, expected] of (late?.numbers ?? []).entries()) {
          expect(expected.length).toBeGreaterThan(0);
          expectClose(early?.numbers[index] ?? [], expected, 1e-5 * largestMagnitude(expected));
        }
      },
    ));

  it("gives each prompt of a batch the same result as alone", () =>
    withAdapter(base(name), { activationTokens: [30] }, async (model) => {
      const promptIds = [[4, 30, 8], [7], [30], [5, 5, 6, 7, 30, 4]];
      const options = { maxNewTokens: 6, eosTokenIds: [], context: active };
      const together = await generate(model, { ...options, promptIds });
      for (const [row, prompt] of promptIds.entries())
        expect(await generate(model, { ...options, promptIds: [prompt] })).toEqual([together[row]]);
      const plain = await generate(model, { ...options, promptIds, context: inferenceContext() });
      expect(together[1]).toEqual(plain[1]);
      expect(together).not.toEqual(plain);
    }));
});

describe("an activated adapter", () => {
  it("acts in its own rows of a batch, by its own tokens", () =>
    withAdapter(base("llama-gqa"), { activationTokens: [30, 9] }, (model) => {
      const other = planInjection(model, createLoraConfig({ ...everywhere, activationTokens: [8] }));
      const second = injectAdapter(model, other, { seed: 2, name: "second" });
      const rows = [text[0] ?? [], text[0] ?? [], text[0] ?? []];
      const mixed = logitsOf(model, rows, inferenceContext(adapterRows(["second", null, "default"])));
      const alone = ["second", "default"].map((one) => logitsOf(model, rows, inferenceContext(activeAdapters(one)))[0]);
      for (const [row, expected] of [alone[0], logitsOf(model, rows, inferenceContext())[0], alone[1]].entries())
        for (const [at, values] of (expected ?? []).entries()) expectClose(mixed[row]?.[at] ?? [], values, 1e-5);
      second.dispose();
    }));

  it("acts from its position in the prompt on, also after the cache was made again", () =>
    withAdapter(`${referencesRoot}/phi3-rope-crossing`, {}, async (model, handle) => {
      const promptIds = [
        [7, 21, 9, 14],
        [30, 12],
      ];
      const maxNewTokens = 14;
      const [free = []] = await generate(model, { promptIds, maxNewTokens, eosTokenIds: [] });
      const token = free.find((id) => !promptIds.flat().includes(id)) ?? -1;
      handle.dispose();
      const plan = planInjection(model, createLoraConfig({ ...everywhere, activationTokens: [token] }));
      const activated = injectAdapter(model, plan, { seed: 1 });
      const prompts = [promptIds[0] ?? [], [30, token]];
      const texts = await generate(model, { promptIds: prompts, maxNewTokens, eosTokenIds: [], context: active });
      expect(texts[0]).toEqual((await generate(model, { promptIds: prompts, maxNewTokens, eosTokenIds: [] }))[0]);
      expect(texts[0]).toContain(token);
      for (const [row, prompt] of prompts.entries()) {
        const found = texts[row] ?? [];
        for (const [step, id] of found.entries()) {
          const cache = new KeyValueCache(active.adapters, { generated: [step] });
          const inputIds = grid([[...prompt, ...found.slice(0, step)]]);
          const best = tf.tidy(() => tf.argMax(model.forwardLast({ inputIds, cache }, active), 1).dataSync()[0]);
          expect(id, `row ${row}, step ${step}`).toBe(best);
          cache.dispose();
          inputIds.dispose();
        }
      }
      activated.dispose();
    }));

  it.each(["bert-seqcls", "roberta-mlm", "t5", "vit"])(
    "is refused by name on %s, whose texts PEFT does not look at",
    async (name) => {
      const model = await loadModel(openFolder(base(name)));
      const config = createLoraConfig({ ...everywhere, activationTokens: [30] });
      expect(() => planInjection(model, config)).toThrow(expect.objectContaining({ code: "INVOCATION_TOKENS" }));
      expect(() => planInjection(model, config)).toThrow(`alora_invocation_tokens [30], which work in`);
      model.dispose();
    },
  );
});
