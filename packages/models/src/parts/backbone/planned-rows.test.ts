import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { pairFor } from "../../../test/pair-for.ts";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { KeyValueCache } from "../cache/key-value-cache.ts";

const isHere = await chooseEngine({ order: ["native"] }).then(
  () => true,
  () => false,
);
if (!isHere) process.stderr.write("skipped: the native engine is not installed\n");

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** The model of a fixture under another configuration: the weights' sizes allow heads twice as wide. */
async function modelOf(fixture: string, changes: Readonly<Record<string, unknown>> = {}): Promise<PretrainedModel> {
  await tf.setBackend("native");
  const folder = mkdtempSync(join(tmpdir(), "planned-"));
  made.push(folder);
  cpSync(join(fixturesRoot, fixture, "base"), folder, { recursive: true, dereference: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
  return loadModel(openFolder(folder));
}

/** Texts of a rectangle, padded in front with 0. */
type Texts = readonly (readonly number[])[];

/** The results for the newest tokens of texts, one token a call after the first: without plans, and with plans. */
function logitsOf(
  model: PretrainedModel,
  texts: Texts,
  { next = [24, 31, 38, 5, 12], context = inferenceContext() } = {},
) {
  const [one, other] = [new KeyValueCache(context.adapters), new KeyValueCache(context.adapters)];
  const longest = Math.max(...texts.map(({ length }) => length));
  const padding = texts.map(({ length }) => longest - length);
  const results = [0, ...next].map((_, call) => {
    const ids =
      call === 0
        ? texts.map((text, row) => [...Array(padding[row]).fill(0), ...text])
        : texts.map((_, row) => [(next[call - 1] ?? 0) + row]);
    const columns = longest + call;
    const positions = texts.map(
      (_, row) =>
        ids[row]?.map((_, column) => Math.max(0, columns - (ids[row]?.length ?? 0) + column - (padding[row] ?? 0))) ??
        [],
    );
    const mask = texts.map((_, row) =>
      Array.from({ length: columns }, (_, column) => Number(column >= (padding[row] ?? 0))),
    );
    return tf.tidy(() => {
      const inputs = {
        inputIds: tf.tensor2d(ids, undefined, "int32"),
        positionIds: positions,
        attentionMask: tf.tensor2d(mask, undefined, "int32"),
      };
      const whole = model.forward({ ...inputs, cache: one }, context);
      const last = tf.slice(whole, [0, (ids[0]?.length ?? 0) - 1, 0], [-1, 1, -1]);
      const { calls, logits } = counted(() => model.forwardLast({ ...inputs, cache: other }, context));
      return { calls, actual: logits.dataSync(), expected: last.dataSync() };
    });
  });
  one.dispose();
  other.dispose();
  return results;
}

function counted(compute: () => tf.Tensor) {
  const { runtime } = tf.backend() as unknown as { readonly runtime: { readonly runs: number } };
  const before = runtime.runs;
  const logits = compute();
  return { calls: runtime.runs - before, logits };
}

/** The embedding's own, a graph of all blocks, and one of what follows them. */
const callsOfPlan = 5;

function expectPlanned(results: ReturnType<typeof logitsOf>, what: string): void {
  for (const [call, { calls, actual, expected }] of results.entries()) {
    expectClose(actual, expected, 1e-5, `${what}, call ${call}`);
    if (call > 0) expect(calls).toBeLessThanOrEqual(callsOfPlan);
  }
}

const wide = { num_attention_heads: 2 };
const families = {
  "a window": () => modelOf("mistral", { ...wide, head_dim: 16, num_key_value_heads: 1 }),
  "windows in some layers and bounded scores": () =>
    modelOf("gemma2", { ...wide, head_dim: 16, num_key_value_heads: 1 }),
  "queries, keys and values sorted by head": () =>
    modelOf("gpt_neox", {
      ...wide,
      rotary_pct: 1,
      rope_parameters: { rope_theta: 10000, rope_type: "default", partial_rotary_factor: 1 },
    }),
  "slopes in place of positions": () => modelOf("../family-features/bloom-after-norm"),
};

describe.skipIf(!isHere).each(Object.entries(families))("the next tokens of a model with %s, by plan", (name, open) => {
  it.each([
    ["one text", [[3, 10, 17, 21, 8]]],
    ["texts of three lengths", [[3, 10, 17, 21, 8], [9], [14, 6, 2]]],
  ])("have the logits that its parts give one by one, for %s", async (which, texts) => {
    const model = await open();
    await expectNoLeak(() => expectPlanned(logitsOf(model, texts), `${name}, ${which}`));
    model.dispose();
  });
});

describe.skipIf(!isHere)("a batch of texts by plan", () => {
  let model: PretrainedModel;
  beforeAll(async () => {
    model = await modelOf("qwen3");
  });
  afterAll(() => model.dispose());

  it("uses each row's own adapter, and none for one row", async () => {
    const site = model.sites().find(({ kind, role }) => kind === "linear" && role === "body");
    if (site === undefined) throw new Error("A decoder has linear layers.");
    const pairs = [pairFor(site, 1), pairFor(site, 2)];
    const detach = pairs.map((pair, index) => site.attach(`adapter ${index}`, pair));
    const context: ForwardContext = inferenceContext({ kind: "rows", rows: ["adapter 1", null, "adapter 0"] });
    const texts = [
      [3, 10, 17],
      [3, 10, 17],
      [3, 10],
    ];
    expectPlanned(logitsOf(model, texts, { context }), "adapters by rows");
    for (const undo of detach) undo();
    for (const { lowRank } of pairs) tf.dispose([lowRank().a, lowRank().b]);
  });

  it("computes part by part if a mask hides a column within a text", () => {
    const cache = new KeyValueCache(noAdapters);
    const other = new KeyValueCache(noAdapters);
    const read = (ids: number[][], mask: number[][], kept: KeyValueCache, whole: boolean) =>
      tf.tidy(() => {
        const inputs = {
          inputIds: tf.tensor2d(ids, undefined, "int32"),
          attentionMask: tf.tensor2d(mask, undefined, "int32"),
          cache: kept,
        };
        if (!whole) return model.forwardLast(inputs).dataSync();
        return tf.slice(model.forward(inputs), [0, (ids[0]?.length ?? 0) - 1, 0], [-1, 1, -1]).dataSync();
      });
    const [ids, mask] = [
      [
        [3, 10, 17],
        [4, 11, 18],
      ],
      [
        [1, 1, 1],
        [1, 0, 1],
      ],
    ];
    for (const kept of [cache, other]) read(ids, mask, kept, false);
    const grown = mask.map((row) => [...row, 1]);
    expectClose(read([[24], [31]], grown, cache, false), read([[24], [31]], grown, other, true), 1e-5);
    cache.dispose();
    other.dispose();
  });

  it("rounds each row of an int8 base separately, so that rows do not affect each other", async () => {
    await tf.setBackend("native");
    const rounded = await loadModel(openFolder(join(fixturesRoot, "qwen3", "base")), { basePrecision: "int8" });
    const last = (texts: Texts) => logitsOf(rounded, texts).at(-1)?.actual ?? new Float32Array();
    const vocabulary = rounded.config.vocabularySize;
    const [first, second] = [
      last([
        [3, 10, 17],
        [5, 6, 7],
      ]),
      last([
        [3, 10, 17],
        [60, 61, 62],
      ]),
    ];
    expect(first.slice(0, vocabulary)).toEqual(second.slice(0, vocabulary));
    expect(first.slice(vocabulary)).not.toEqual(second.slice(vocabulary));
    rounded.dispose();
  });

  it("computes with another adapter by the graphs that are there, in which an int8 base is packed", async () => {
    const names = ["adapter 0", "adapter 1"];
    const open = async () => {
      const own = await loadModel(openFolder(join(fixturesRoot, "qwen3", "base")), { basePrecision: "int8" });
      const site = own.sites().find(({ kind, role }) => kind === "linear" && role === "body");
      if (site === undefined) throw new Error("A decoder has linear layers.");
      const pairs = names.map((_, index) => pairFor(site, index));
      for (const [index, pair] of pairs.entries()) site.attach(names[index] ?? "", pair);
      const last = (name: string, weight: number) => {
        const context = inferenceContext({ kind: "active", adapters: [{ name, weight }] });
        return logitsOf(own, [[3, 10, 17]], { context }).at(-1)?.actual;
      };
      const close = () => {
        for (const { lowRank } of pairs) tf.dispose([lowRank().a, lowRank().b]);
        own.dispose();
      };
      return { last, close };
    };
    const [first, fresh] = [await open(), await open()];
    const { runtime } = tf.backend() as unknown as { readonly runtime: { createSession(...of: unknown[]): unknown } };
    const before = first.last("adapter 0", 1);
    first.last("adapter 0", 0.5); // what goes part by part makes its own for a strength
    const created = vi.spyOn(runtime, "createSession");
    const after = first.last("adapter 1", 0.5);
    expect(created).not.toHaveBeenCalled();
    created.mockRestore();
    expect(after).toEqual(fresh.last("adapter 1", 0.5));
    expect(after).not.toEqual(before);
    first.close();
    fresh.close();
  });
});
