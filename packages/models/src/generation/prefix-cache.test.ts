import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";
import { generateTokens } from "./generate-tokens.ts";
import { PrefixCache } from "./prefix-cache.ts";

let model: PretrainedModel;

beforeAll(async () => {
  model = await loadModel(openFolder(join(fixturesRoot, "llama-gqa", "base")));
});
afterAll(() => model.dispose());

const options = { maxNewTokens: 5, eosTokenIds: [] };

async function answer(
  promptIds: readonly number[],
  prefix?: PrefixCache,
  adapter?: string,
): Promise<readonly number[]> {
  const context = inferenceContext(adapter === undefined ? undefined : activeAdapters(adapter));
  const request = { ...options, promptIds: [promptIds], context };
  const [ids = []] = await generate(model, prefix === undefined ? request : { ...request, prefix });
  return ids;
}

describe("PrefixCache", () => {
  it("continues a text with the tokens of a new generation, and computes only the new ones", () =>
    expectNoLeak(async () => {
      const prefix = new PrefixCache();
      const first = [5, 6, 7];
      const conversation = [...first, ...(await answer(first, prefix))];
      expect(prefix.length).toBe(conversation.length - 1); // the last token was never read
      const second = [...conversation, 8, 9];
      const taken = prefix.take(model, second, inferenceContext().adapters);
      expect(taken?.length).toBe(conversation.length - 1);
      if (taken !== undefined) prefix.keep(model, taken.cache, conversation.slice(0, -1));
      expect(await answer(second, prefix)).toEqual(await answer(second));
      prefix.dispose();
    }));

  it("keeps the common beginning of a text that goes another way", () =>
    expectNoLeak(async () => {
      const prefix = new PrefixCache();
      await answer([5, 6, 7, 8, 9], prefix);
      expect(await answer([5, 6, 7, 30, 31, 32], prefix)).toEqual(await answer([5, 6, 7, 30, 31, 32]));
      expect(await answer([5, 6], prefix)).toEqual(await answer([5, 6]));
      expect(await answer([5, 6], prefix)).toEqual(await answer([5, 6]));
      prefix.dispose();
    }));

  it("is not used for other adapters than its own", () =>
    expectNoLeak(async () => {
      const site = model.sites().find(({ path }) => path.endsWith("layers.0.self_attn.v_proj"));
      const shift: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 0.7) };
      const detach = site?.attach("a", shift);
      const prefix = new PrefixCache();
      await answer([5, 6, 7], prefix);
      expect(await answer([5, 6, 7, 8], prefix, "a")).toEqual(await answer([5, 6, 7, 8], undefined, "a"));
      prefix.dispose();
      detach?.();
    }));

  it("keeps the text up to the token at which a consumer stopped reading", () =>
    expectNoLeak(async () => {
      const prefix = new PrefixCache();
      for await (const { id } of generateTokens(model, { ...options, promptIds: [[5, 6]], prefix })) if (id >= 0) break;
      expect(prefix.length).toBe(2);
      expect(await answer([5, 6, 7], prefix)).toEqual(await answer([5, 6, 7]));
      prefix.dispose();
    }));

  it("is for one prompt", async () => {
    const request = { ...options, promptIds: [[5], [6]], prefix: new PrefixCache() };
    await expect(generate(model, request)).rejects.toThrow(expect.objectContaining({ code: "GENERATION_OPTION" }));
  });
});
