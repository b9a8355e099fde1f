// Layers that remember, in generations that join and leave, and go on where another stopped.

import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BatchText, ContinuousBatch } from "../../generation/continuous/running-batch.ts";
import { generate } from "../../generation/generate.ts";
import { PrefixCache } from "../../generation/prefix-cache.ts";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";

const texts: readonly BatchText[] = [
  { promptIds: [5, 6, 7], adapter: null, maxNewTokens: 9, eosTokenIds: [] },
  { promptIds: [41], adapter: "a", maxNewTokens: 3, eosTokenIds: [] },
  { promptIds: [9, 10, 11, 12, 13], adapter: null, maxNewTokens: 12, eosTokenIds: [] },
  { promptIds: [8, 3], adapter: "a", maxNewTokens: 7, eosTokenIds: [] },
];

describe.each([
  "lfm2",
  "lfm2-padded-left",
  "qwen3-5",
  "qwen3-5-padded-left",
  "qwen3-next",
  "granitemoehybrid",
  "falcon-h1",
])("memories of %s", (name) => {
  let model: PretrainedModel;

  beforeAll(async () => {
    const root = new URL(`../../../../../fixtures/family-features/${name}/base`, import.meta.url);
    model = await loadModel(openFolder(fileURLToPath(root)));
    const adaptation: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 0.7) };
    model
      .sites()
      .find(({ path }) => path.includes("in_proj"))
      ?.attach("a", adaptation);
  });
  afterAll(() => model.dispose());

  async function alone(
    { adapter, promptIds, ...options }: BatchText,
    prefix?: PrefixCache,
  ): Promise<readonly number[]> {
    const context = inferenceContext(adapter === null ? noAdapters : activeAdapters(adapter));
    const request = { ...options, promptIds: [promptIds], context };
    const [ids = []] = await generate(model, prefix === undefined ? request : { ...request, prefix });
    return ids;
  }

  it("follow texts that join a running batch and leave it", () =>
    expectNoLeak(async () => {
      const batch = new ContinuousBatch(model, { maxRows: 3 });
      const written = new Map(texts.map((text): [BatchText, number[]] => [text, []]));
      const coming = [...texts];
      do {
        const next = coming.shift();
        if (next !== undefined) batch.add(next);
        for (const event of await batch.round()) if (event.type === "token") written.get(event.text)?.push(event.id);
      } while (batch.size > 0 || coming.length > 0);
      for (const text of texts) expect(written.get(text)).toEqual(await alone(text));
      batch.dispose();
    }));

  it("continue a cached text, and begin again for one that differs", () =>
    expectNoLeak(async () => {
      const prefix = new PrefixCache();
      const [first] = texts as [BatchText];
      const conversation = [...first.promptIds, ...(await alone(first, prefix))];
      for (const promptIds of [
        [...conversation, 8, 9],
        [5, 6, 30, 31],
        [5, 6],
      ]) {
        expect(await alone({ ...first, promptIds }, prefix)).toEqual(await alone({ ...first, promptIds }));
      }
      prefix.dispose();
    }));
});
