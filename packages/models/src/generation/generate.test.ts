import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { type Adaptation, activeAdapters, adapterRows, inferenceContext, noAdapters } from "@lowrank/contracts";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CacheAdaptersError, PositionLimitError } from "../errors.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";
import { KeyValueCache } from "./key-value-cache.ts";

const names = ["gpt2", "llama-gqa"] as const;
const models = new Map<string, PretrainedModel>();
const prompts = [[5, 6, 7], [41], [9, 10, 11, 12, 13]];
const sampling = { temperature: 1.3, topK: 40, topP: 0.95, seed: 11 };

beforeAll(async () => {
  await tf.setBackend("cpu");
  for (const name of names) models.set(name, await loadModel(openFolder(join(fixturesRoot, name, "base"))));
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

function modelOf(name: string): PretrainedModel {
  const model = models.get(name);
  if (model === undefined) throw new Error(`${name} is not loaded`);
  return model;
}

const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");

describe.each(names)("generate with %s", (name) => {
  it("gives each prompt of a batch what it gives alone, greedily and sampled", async () => {
    const model = modelOf(name);
    const seeds = [3, 4, 5];
    const options = { maxNewTokens: 10, eosTokenIds: [] };
    const greedy = await generate(model, { ...options, promptIds: prompts });
    const sampled = await generate(model, { ...options, promptIds: prompts, sampling: { ...sampling, seed: seeds } });
    for (const [row, prompt] of prompts.entries()) {
      const alone = { ...options, promptIds: [prompt] };
      expect(await generate(model, alone)).toEqual([greedy[row]]);
      expect(await generate(model, { ...alone, sampling: { ...sampling, seed: seeds[row] ?? 0 } })).toEqual([
        sampled[row],
      ]);
    }
  });

  it("agrees with forward passes over the whole text", async () => {
    const model = modelOf(name);
    const [text = []] = await generate(model, { promptIds: [[5, 6, 7]], maxNewTokens: 6, eosTokenIds: [] });
    const whole = [5, 6, 7, ...text];
    const best = tf.tidy(() => tf.argMax(model.forward({ inputIds: grid([whole]) }), 2).dataSync());
    expect(Array.from(best).slice(2, -1)).toEqual(text);
  });
});

describe("generate", () => {
  it("draws the same tokens from the same seed, and others from another", async () => {
    const model = modelOf("gpt2");
    const draw = (seed: number) =>
      generate(model, { promptIds: [[5, 6]], maxNewTokens: 16, eosTokenIds: [], sampling: { temperature: 3, seed } });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it("ends a row at its end token and reports tokens as they come", async () => {
    const model = modelOf("gpt2");
    const [free = []] = await generate(model, { promptIds: [[5, 6, 7]], maxNewTokens: 8, eosTokenIds: [] });
    const end = free[3] ?? 0;
    const heard: number[][] = [[], []];
    const rows = await generate(model, {
      promptIds: [[5, 6, 7], [41]],
      maxNewTokens: 8,
      eosTokenIds: [end],
      onToken: ({ prompt, id }) => heard[prompt]?.push(id),
    });
    expect(rows[0]).toEqual(free.slice(0, free.indexOf(end) + 1));
    expect(heard).toEqual(rows);
  });

  it("stops when told to, and leaves nothing behind", async () => {
    const model = modelOf("gpt2");
    const stop = new AbortController();
    const options = {
      promptIds: prompts,
      maxNewTokens: 20,
      eosTokenIds: [],
      signal: stop.signal,
      onToken: () => stop.abort(new Error("enough")),
    };
    const before = tf.memory().numTensors;
    await expect(generate(model, options)).rejects.toThrow("enough");
    expect(tf.memory().numTensors).toBe(before);
    await expectNoLeak(() => generate(model, { promptIds: prompts, maxNewTokens: 4, sampling }));
  });

  it("refuses what cannot be continued", async () => {
    const model = modelOf("gpt2");
    const run = (options: object) => generate(model, { promptIds: [[1]], maxNewTokens: 4, ...options });
    await expect(run({ maxNewTokens: 32 })).rejects.toThrow(PositionLimitError);
    await expect(run({ promptIds: [[1], []] })).rejects.toThrow(/at least one token/);
    await expect(run({ promptIds: [] })).rejects.toThrow(/at least one token/);
    await expect(run({ promptIds: [[100]] })).rejects.toThrow(/100 is outside/);
    await expect(run({ maxNewTokens: 1.5 })).rejects.toThrow(/maxNewTokens is 1.5/);
    await expect(run({ sampling: { temperature: 0, seed: 1 } })).rejects.toThrow(/temperature is 0/);
    await expect(run({ sampling: { topK: -1, seed: 1 } })).rejects.toThrow(/topK is -1/);
    await expect(run({ sampling: { topP: 1.5, seed: 1 } })).rejects.toThrow(/topP is 1.5/);
    await expect(run({ sampling: { seed: [1, 2] } })).rejects.toThrow(/2 seeds/);
  });

  it("gives each row its own adapter", async () => {
    const model = modelOf("llama-gqa");
    const projection = model.sites().find(({ path }) => path === "model.layers.0.self_attn.v_proj");
    const shift: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 0.7) };
    const detach = projection?.attach("a", shift);
    const run = (rows: readonly (string | null)[]) =>
      generate(model, {
        promptIds: rows.map(() => [5, 6, 7]),
        maxNewTokens: 8,
        eosTokenIds: [],
        context: inferenceContext(adapterRows(rows)),
      });
    const [base, adapted] = [await run([null]), await run(["a"])];
    expect(base).not.toEqual(adapted);
    expect(await run([null, "a"])).toEqual([...base, ...adapted]);
    detach?.();
  });
});

describe("KeyValueCache", () => {
  it("gives the logits of a pass without one", async () => {
    for (const name of names) {
      const model = modelOf(name);
      const cache = new KeyValueCache(noAdapters);
      tf.tidy(() => {
        const whole = model.forward({ inputIds: grid([[5, 6, 7, 8, 9]]) });
        const parts = [[5, 6], [7], [8, 9]].map((ids) => model.forward({ inputIds: grid([ids]), cache }));
        expect(cache.length).toBe(5);
        expectClose(tf.concat(parts, 1).dataSync(), whole.dataSync(), 1e-5, name);
      });
      cache.dispose();
    }
  });

  it("refuses other adapters than those it was made with", () => {
    const model = modelOf("gpt2");
    const cache = new KeyValueCache(noAdapters);
    tf.tidy(() => {
      model.forward({ inputIds: grid([[5]]), cache });
      const other = inferenceContext(activeAdapters("a"));
      expect(() => model.forward({ inputIds: grid([[6]]), cache }, other)).toThrow(CacheAdaptersError);
    });
    cache.dispose();
  });
});
