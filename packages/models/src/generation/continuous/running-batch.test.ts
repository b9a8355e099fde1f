import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { NonFiniteOutputError } from "../../errors.ts";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import { remembered } from "../../parts/remembered.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { generate } from "../generate.ts";
import { type BatchText, ContinuousBatch } from "./running-batch.ts";

const names = ["gpt2", "llama-gqa", "opt"] as const;
const models = new Map<string, PretrainedModel>();
const shifts = { a: 0.7, b: -0.4, broken: Number.NaN };

beforeAll(async () => {
  for (const name of names) {
    const model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
    const site = model.sites().find(({ path }) => path.includes("attn"));
    for (const [adapter, shift] of Object.entries(shifts)) {
      const adaptation: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, shift) };
      site?.attach(adapter, adaptation);
    }
    models.set(name, model);
  }
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

function modelOf(name: string): PretrainedModel {
  const model = models.get(name);
  if (model === undefined) throw new Error(`${name} is not loaded`);
  return model;
}

const writtenAlone = new Map<PretrainedModel, Map<BatchText, Promise<readonly number[]>>>();

/** The result of `generate` for a single text, which is written once. */
function alone(model: PretrainedModel, text: BatchText): Promise<readonly number[]> {
  const ofModel = remembered(writtenAlone, model, () => new Map<BatchText, Promise<readonly number[]>>());
  return remembered(ofModel, text, () => generateAlone(model, text));
}

async function generateAlone(
  model: PretrainedModel,
  { adapter, promptIds, ...options }: BatchText,
): Promise<readonly number[]> {
  const context = inferenceContext(adapter === null ? noAdapters : activeAdapters(adapter));
  const [ids = []] = await generate(model, { ...options, promptIds: [promptIds], context });
  return ids;
}

const texts: readonly BatchText[] = [
  { promptIds: [5, 6, 7], adapter: null, maxNewTokens: 9, eosTokenIds: [] },
  { promptIds: [41], adapter: "a", maxNewTokens: 3, eosTokenIds: [] },
  { promptIds: [9, 10, 11, 12, 13], adapter: "b", maxNewTokens: 12, eosTokenIds: [] },
  { promptIds: [1, 2], adapter: "a", maxNewTokens: 7, eosTokenIds: [], sampling: { seed: 3, temperature: 1.4 } },
  { promptIds: [3, 3, 3, 4, 4, 4, 4], adapter: null, maxNewTokens: 1, eosTokenIds: [] },
  { promptIds: [8], adapter: "b", maxNewTokens: 10, eosTokenIds: [], repetitionPenalty: 1.5 },
];

/** Adds a text in each of the first rounds, or all in the first, and writes until all are done. */
async function written(
  batch: ContinuousBatch,
  all: readonly BatchText[],
  when: "in turn" | "together" = "in turn",
): Promise<ReadonlyMap<BatchText, number[]>> {
  const ids = new Map(all.map((text): [BatchText, number[]] => [text, []]));
  if (when === "together") for (const text of all) batch.add(text);
  const coming = when === "together" ? [] : [...all];
  do {
    const next = coming.shift();
    if (next !== undefined) batch.add(next);
    for (const event of await batch.round()) if (event.type === "token") ids.get(event.text)?.push(event.id);
  } while (batch.size > 0 || coming.length > 0);
  return ids;
}

describe.each(names)("ContinuousBatch of %s", (name) => {
  it.each([1, 2, 4, 16])("writes each text like alone, whenever it joins, %i at a time", async (maxRows) => {
    const model = modelOf(name);
    await expectNoLeak(async () => {
      const batch = new ContinuousBatch(model, { maxRows });
      const ids = await written(batch, texts);
      for (const text of texts) expect(ids.get(text)).toEqual(await alone(model, text));
      batch.dispose();
    });
  });
});

describe("ContinuousBatch", () => {
  it("reads a prompt once for all texts that join with it", async () => {
    const model = modelOf("llama-gqa");
    const read: number[] = [];
    const forwardLast = vi.spyOn(model, "forwardLast");
    const batch = new ContinuousBatch(model);
    const [promptIds, other] = [
      [5, 6, 7],
      [8, 9],
    ];
    const shared = [3, 4, 5].map((seed) => ({ promptIds, adapter: "a", maxNewTokens: 4, sampling: { seed } }));
    const all = [...shared, { promptIds: other, adapter: "b", maxNewTokens: 3 }];
    const ids = await written(batch, all, "together");
    for (const [{ inputIds }] of forwardLast.mock.calls) read.push(inputIds?.shape[0] ?? 0);
    forwardLast.mockRestore();
    expect(read.slice(0, 2)).toEqual([2, 4]);
    for (const text of all) expect(ids.get(text)).toEqual(await alone(model, text));
    batch.dispose();
  });

  it("reports why a text ended", async () => {
    const model = modelOf("gpt2");
    const [first] = texts as [BatchText];
    const free = await alone(model, first);
    const batch = new ContinuousBatch(model);
    const ends = { ...first, eosTokenIds: [free[2] ?? 0] };
    batch.add(ends);
    batch.add(first);
    const reasons = new Map<BatchText, string>();
    while (batch.size > 0) {
      for (const event of await batch.round())
        if (event.type === "token" && event.reason !== undefined) reasons.set(event.text, event.reason);
    }
    expect([reasons.get(ends), reasons.get(first)]).toEqual(["stop", "length"]);
    batch.dispose();
  });

  it("continues without a text that was removed", async () => {
    const model = modelOf("llama-gqa");
    const [gone, stays] = texts as [BatchText, BatchText];
    const batch = new ContinuousBatch(model);
    batch.add(gone);
    batch.add(stays);
    await batch.round();
    batch.remove(gone);
    expect(batch.size).toBe(1);
    const events = [...(await batch.round()), ...(await batch.round())];
    expect(events.every(({ text }) => text === stays)).toBe(true);
    expect(batch.size).toBe(0);
    batch.dispose();
  });

  it("ends a text whose adapter computes no numbers, and no other", async () => {
    const model = modelOf("gpt2");
    const [good] = texts as [BatchText];
    const bad = { ...good, adapter: "broken" };
    const batch = new ContinuousBatch(model);
    batch.add(bad);
    batch.add(good);
    const ids: number[] = [];
    const failures: unknown[] = [];
    while (batch.size > 0) {
      for (const event of await batch.round()) {
        if (event.type === "failure") failures.push(event.error);
        else ids.push(event.id);
      }
    }
    expect(failures).toEqual([expect.any(NonFiniteOutputError)]);
    expect(ids).toEqual(await alone(model, good));
    batch.dispose();
  });

  it("reports token probabilities that sum to 1, if a text requests them", async () => {
    const model = modelOf("gpt2");
    const batch = new ContinuousBatch(model);
    batch.add({ promptIds: [5, 6], adapter: null, maxNewTokens: 1, logprobs: 100 });
    const [event] = await batch.round();
    if (event?.type !== "token") throw new Error("no token");
    const sum = event.top?.reduce((total, { logprob }) => total + Math.exp(logprob), 0);
    expect(model.config.vocabularySize).toBeLessThanOrEqual(100);
    expect(sum).toBeCloseTo(1, 5);
    expect(event.top?.[0]).toEqual({ id: event.id, logprob: event.logprob });
    batch.dispose();
  });

  it("refuses unsupported options before anything is computed", () => {
    const batch = new ContinuousBatch(modelOf("gpt2"));
    expect(() => batch.add({ promptIds: [5], adapter: null, maxNewTokens: 1000 })).toThrow(
      expect.objectContaining({ code: "POSITION_LIMIT" }),
    );
    expect(() => batch.add({ promptIds: [5], adapter: null, maxNewTokens: 1, logprobs: -1 })).toThrow(
      expect.objectContaining({ code: "GENERATION_OPTION" }),
    );
    expect(() => new ContinuousBatch(modelOf("gpt2"), { maxRows: 0 })).toThrow(
      expect.objectContaining({ code: "GENERATION_OPTION" }),
    );
    expect(batch.size).toBe(0);
  });
});
