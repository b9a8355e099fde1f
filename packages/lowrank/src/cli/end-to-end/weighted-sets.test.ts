// Several --adapter of one call: their weighted sum, or a refusal that names the one that has none.

import { cp, readFile, writeFile } from "node:fs/promises";
import { inferenceContext } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../index.ts";
import { fixture, makeWorkspace } from "./workspace.ts";

const base = fixture("gpt2", "base");
const inputIds = [[5, 6, 7, 8]];

const work = makeWorkspace();
beforeAll(async () => {
  const model = await openModel(base, { engine: { order: ["cpu"] } });
  for (const [name, seed, rank] of [
    ["one", 1, 2],
    ["two", 2, 4],
  ] as const)
    await model.adapt({ rank, init: false, targetModules: "all-linear" }, { name, seed }).save(work.path(name));
  await model.adapt({ rank: 2, useDora: true, targetModules: "all-linear" }, { name: "dora" }).save(work.path("dora"));
  model.dispose();
});

async function logitsOf(...options: readonly string[]): Promise<Float32Array> {
  const inputs = work.write("inputs.json", JSON.stringify({ input_ids: inputIds }));
  const out = work.path("out.safetensors");
  const { code, stderr } = await work.call("forward", ...options, "--inputs", inputs, "--out", out, "--overwrite");
  expect(code, stderr).toBe(0);
  return (await openSafetensors(bytesSource(await readFile(out), out))).readFloat32("logits");
}

describe("several adapters of one call", () => {
  it("act with their weights, like adapters that are attached together, and so does their merge", async () => {
    const model = await openModel(base, { engine: { order: ["cpu"] } });
    for (const name of ["one", "two"]) await model.attach(work.path(name), { name });
    const context = inferenceContext(weightedAdapters({ one: 0.7, two: 1 }));
    const expected = tf.tidy(() =>
      model.base.forward({ inputIds: tf.tensor2d(inputIds, undefined, "int32") }, context),
    );
    const values = Array.from(await expected.data());
    expected.dispose();
    model.dispose();
    const set = ["--adapter", `${work.path("one")}:0.7`, "--adapter", work.path("two")];
    const together = await logitsOf("--model", base, ...set);
    const { code } = await work.call("merge", "--model", base, ...set, "--out", work.path("merged"));
    expect(code).toBe(0);
    const merged = await logitsOf("--model", work.path("merged"));
    for (const [index, value] of values.entries()) {
      expect(together[index]).toBeCloseTo(value, 4);
      expect(merged[index]).toBeCloseTo(value, 4);
    }
  });

  it("are refused by the name of one that is more than a low-rank update", async () => {
    const set = ["--adapter", work.path("one"), `${work.path("dora")}:0.5`];
    const { code, stderr } = await work.call("merge", "--model", base, ...set, "--out", work.path("no"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Only plain LoRA .*can be combined, [\s\S]*dora"/);
  });

  it("are refused if they were made on different weights", async () => {
    await cp(base, work.path("another"), { recursive: true });
    const file = work.path("another", "model.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const model = await openModel(work.path("another"), { engine: { order: ["cpu"] } });
    await model.adapt({ rank: 2, targetModules: "all-linear" }).save(work.path("stranger"));
    model.dispose();
    const set = ["--adapter", work.path("one"), work.path("stranger")];
    const { code, stderr } = await work.call("merge", "--model", base, ...set, "--out", work.path("no"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("were trained on different base models")]);
  });

  it("are a path if a folder has the name that looks like a weight", async () => {
    await cp(work.path("one"), work.path("run:2"), { recursive: true });
    expect(await logitsOf("--model", base, "--adapter", work.path("run:2"))).toEqual(
      await logitsOf("--model", base, "--adapter", work.path("one")),
    );
  });
});
