import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, adapterRows, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";
import { generateTokens } from "./generate-tokens.ts";

const names = ["gpt2", "llama-gqa"] as const;
const models = new Map<string, PretrainedModel>();
const prompts = [[5, 6, 7], [41], [9, 10, 11, 12, 13]];
const sampling = { temperature: 1.3, topK: 40, topP: 0.95, seed: 11 };

beforeAll(async () => {
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
  it("writes the same text for each prompt of a batch as alone, greedily and sampled", async () => {
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
    const tokens: number[][] = [[], []];
    const rows = await generate(model, {
      promptIds: [[5, 6, 7], [41]],
      maxNewTokens: 8,
      eosTokenIds: [end],
      onToken: ({ prompt, id }) => tokens[prompt]?.push(id),
    });
    expect(rows[0]).toEqual(free.slice(0, free.indexOf(end) + 1));
    expect(tokens).toEqual(rows);
  });

  it("stops on request, and leaves nothing behind", async () => {
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

  it("yields tokens one by one, and frees everything when its reader stops", async () => {
    const model = modelOf("llama-gqa");
    const options = { promptIds: prompts, maxNewTokens: 3, eosTokenIds: [] };
    const whole = await generate(model, options);
    const tokens: number[][] = prompts.map(() => []);
    const last: number[] = [];
    for await (const { prompt, id, isLast } of generateTokens(model, options)) {
      tokens[prompt]?.push(id);
      if (isLast) last.push(prompt);
    }
    expect(tokens).toEqual(whole);
    expect(last).toEqual([0, 1, 2]);
    await expectNoLeak(async () => {
      for await (const { prompt } of generateTokens(model, options)) if (prompt === 1) break;
    });
  });

  it("ends a row when its new text contains a stop string", async () => {
    const model = modelOf("gpt2");
    const decode = (ids: readonly number[]) => ids.map((id) => `<${id}>`).join("");
    const [free = []] = await generate(model, { promptIds: [[5, 6, 7]], maxNewTokens: 8, eosTokenIds: [] });
    const strings = [`${free[2]}><${free[3]}`];
    const [row] = await generate(model, {
      promptIds: [[5, 6, 7]],
      maxNewTokens: 8,
      eosTokenIds: [],
      stopStrings: { strings, decode },
    });
    const text = decode(free);
    expect(decode(row ?? [])).toBe(text.slice(0, text.indexOf(strings[0] ?? "") + (strings[0]?.length ?? 0) + 1));
  });

  it("repeats itself less the higher the penalty, greedily too", async () => {
    const model = modelOf("gpt2");
    const distinct = async (repetitionPenalty: number) => {
      const [row = []] = await generate(model, {
        promptIds: [[5]],
        maxNewTokens: 20,
        eosTokenIds: [],
        repetitionPenalty,
      });
      return new Set(row).size;
    };
    expect(await distinct(1e6)).toBe(20);
    expect(await distinct(1)).toBeLessThan(20);
  });

  it("refuses invalid prompts", async () => {
    const model = modelOf("gpt2");
    const run = (options: object) => generate(model, { promptIds: [[1]], maxNewTokens: 4, ...options });
    await expect(run({ maxNewTokens: 32 })).rejects.toThrow(expect.objectContaining({ code: "POSITION_LIMIT" }));
    await expect(run({ promptIds: [[1], []] })).rejects.toThrow(/at least one token/);
    await expect(run({ promptIds: [] })).rejects.toThrow(/at least one token/);
    await expect(run({ promptIds: [[100]] })).rejects.toThrow(/100 is outside/);
    await expect(run({ maxNewTokens: 1.5 })).rejects.toThrow(/maxNewTokens is 1.5/);
    await expect(run({ sampling: { temperature: 0, seed: 1 } })).rejects.toThrow(/temperature is 0/);
    await expect(run({ sampling: { topK: -1, seed: 1 } })).rejects.toThrow(/topK is -1/);
    await expect(run({ sampling: { topP: 1.5, seed: 1 } })).rejects.toThrow(/topP is 1.5/);
    await expect(run({ sampling: { minP: 2, seed: 1 } })).rejects.toThrow(/minP is 2/);
    await expect(run({ repetitionPenalty: 0 })).rejects.toThrow(/repetitionPenalty is 0/);
    await expect(run({ stopStrings: { strings: [""], decode: String } })).rejects.toThrow(
      /stopStrings is ""; expected texts/,
    );
    await expect(run({ sampling: { seed: [1, 2] } })).rejects.toThrow(/2 seeds/);
  });

  it("uses each row's own adapter", async () => {
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
  it("equals the logits of a pass without one", async () => {
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

  it("is the same for segments of any length, token by token", async () => {
    for (const name of names) {
      const model = modelOf(name);
      const ids = Array.from({ length: 14 }, (_, index) => (index * 7 + 3) % 40);
      await expectNoLeak(() => {
        const cache = new KeyValueCache(noAdapters, { segmentLength: 3 });
        tf.tidy(() => {
          const whole = model.forward({ inputIds: grid([ids]) });
          const windows = [
            ids.slice(0, 2),
            ...ids.slice(2, 10).map((id) => [id]),
            ids.slice(10, 12),
            [ids[12] ?? 0],
            [ids[13] ?? 0],
          ];
          const parts = windows.map((window) => model.forward({ inputIds: grid([window]), cache }));
          expectClose(tf.concat(parts, 1).dataSync(), whole.dataSync(), 1e-5, name);
        });
        cache.dispose();
      });
    }
  });

  it("copies a bounded number of positions for each token", () => {
    const cache = new KeyValueCache(noAdapters, { segmentLength: 8 });
    const one = () => ({ key: tf.ones([1, 1, 1, 4]), value: tf.ones([1, 1, 1, 4]) });
    tf.tidy(() => {
      const times = Array.from({ length: 40 }, () => cache.extend(0, one()).map(({ key }) => key.shape[2]));
      expect(
        times.every((segments) => segments.length <= 2 && (segments.length === 1 || (segments[1] ?? 0) <= 8)),
      ).toBe(true);
      expect(times.map((segments) => segments.reduce<number>((sum, time) => sum + (time ?? 0), 0))).toEqual(
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
    });
    cache.dispose();
  });

  it("refuses adapters other than its own", () => {
    const model = modelOf("gpt2");
    const cache = new KeyValueCache(noAdapters);
    tf.tidy(() => {
      model.forward({ inputIds: grid([[5]]), cache });
      const other = inferenceContext(activeAdapters("a"));
      expect(() => model.forward({ inputIds: grid([[6]]), cache }, other)).toThrow(
        expect.objectContaining({ code: "CACHE_ADAPTERS" }),
      );
    });
    cache.dispose();
  });
});
