import { join } from "node:path";
import { activeAdapters, type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

/** The number of calls of the library. */
function callsOf(compute: () => void): number {
  const { runtime } = tf.backend() as unknown as { readonly runtime: { readonly runs: number } };
  const before = runtime.runs;
  compute();
  return runtime.runs - before;
}

const grid = (ids: readonly number[]) => tf.tensor2d([...ids], [1, ids.length], "int32");

interface Circumstances {
  readonly context?: ForwardContext;
  /** Called before the last window. */
  readonly between?: () => void;
}

/** Logits of the last position of each window, which `forward` computes part by part and `forwardLast` by plans. */
function logitsOf(
  model: PretrainedModel,
  windows: readonly (readonly number[])[],
  { context = inferenceContext(), between = () => {} }: Circumstances = {},
) {
  const [one, other] = [new KeyValueCache(context.adapters), new KeyValueCache(context.adapters)];
  const results = windows.map((window, index) => {
    if (index === windows.length - 1) between();
    return tf.tidy(() => {
      const whole = model.forward({ inputIds: grid(window), cache: one }, context);
      const expected = tf.reshape(tf.slice(whole, [0, window.length - 1, 0]), [-1]);
      return {
        expected: expected.dataSync(),
        actual: model.forwardLast({ inputIds: grid(window), cache: other }, context).dataSync(),
      };
    });
  });
  one.dispose();
  other.dispose();
  return results;
}

describe.skipIf(!isHere).each(["gpt2", "qwen3", "gemma"])("the next token of %s by plan", (name) => {
  let model: PretrainedModel;
  beforeAll(async () => {
    await tf.setBackend("native");
    model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
  });
  afterAll(() => model.dispose());

  it("has the same logits as its parts one by one, also if several tokens come between", async () => {
    const windows = [[3, 10, 17], [24], [31], [38, 5], [12], [19], [26]];
    await expectNoLeak(() => {
      for (const { actual, expected } of logitsOf(model, windows)) expectClose(actual, expected, 1e-5, name);
    });
  });

  it("needs one call of the library for the blocks and one for the head", () => {
    const cache = new KeyValueCache(noAdapters);
    const read = (ids: readonly number[]) =>
      tf.tidy(() => model.forwardLast({ inputIds: grid(ids), cache }).dataSync());
    read([3, 10, 17]);
    read([24]);
    expect(callsOf(() => read([31]))).toBeLessThan(6); // the embedding's own among them
    cache.dispose();
  });

  it("adds the adapters' updates, each with the call's weight", () => {
    const site = model.sites().find(({ kind, role }) => kind === "linear" && role === "body");
    if (site === undefined) throw new Error("A decoder has linear layers.");
    const [first, second] = [pairFor(site, 1), pairFor(site, 2)];
    const detach = [site.attach("first", first), site.attach("second", second)];
    const adapters = [
      { name: "first", weight: 0.5 },
      { name: "second", weight: 2 },
    ];
    const context = inferenceContext({ kind: "active", adapters });
    const adapted = logitsOf(model, [[3, 10], [17], [24]], { context });
    for (const { actual, expected } of adapted) expectClose(actual, expected, 1e-5, name);
    const base = logitsOf(model, [[3, 10], [17], [24]]);
    expect(base.at(-1)?.actual).not.toEqual(adapted.at(-1)?.actual);
    for (const undo of detach) undo();
    tf.dispose([first.lowRank(), second.lowRank()].flatMap(({ a, b }) => [a, b]));
  });

  it("leaves a site to its adaptation if that does something else", () => {
    const site = model.sites().find(({ kind, role }) => kind === "linear" && role === "body");
    const detach = site?.attach("doubled", { variables: [], apply: ({ output }) => tf.mul(output, 2) });
    const context = inferenceContext(activeAdapters("doubled"));
    for (const { actual, expected } of logitsOf(model, [[3, 10], [17], [24]], { context }))
      expectClose(actual, expected, 1e-5, name);
    detach?.();
  });

  it("uses a weight that replaced another one a token ago", () => {
    const gain = model.parameters().find(({ path }) => path.endsWith("norm.weight") || path.endsWith("ln_f.weight"));
    const undo: (() => void)[] = [];
    const replace = () => {
      if (gain !== undefined) undo.push(gain.replace(tf.fill([...gain.shape], 0.5)));
    };
    const results = logitsOf(model, [[3, 10], [17], [24]], { between: replace });
    for (const { actual, expected } of results) expectClose(actual, expected, 1e-5, name);
    for (const restore of undo) restore();
  });
});

it.skipIf(!isHere)("the next token of a text that outgrows its room has the same logits", async () => {
  await tf.setBackend("native");
  const model = await loadModel(openFolder(join(fixturesRoot, "qwen3", "base")));
  const text = Array.from({ length: 254 }, (_, index) => (index * 7 + 3) % 40);
  for (const { actual, expected } of logitsOf(model, [text, [3], [5], [7], [9]])) expectClose(actual, expected, 1e-5);
  model.dispose();
});
