// Several --adapter of one call: their weighted sum, or a refusal that names the one that has none.

import { cp, readFile, writeFile } from "node:fs/promises";
import { inferenceContext } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../index.ts";
import { fixture, makeWorkplace } from "./workplace.ts";

const base = fixture("gpt2", "base");
const inputIds = [[5, 6, 7, 8]];

const place = makeWorkplace();
beforeAll(async () => {
  const model = await openModel(base, { engine: { order: ["cpu"] } });
  for (const [name, seed, rank] of [
    ["one", 1, 2],
    ["two", 2, 4],
  ] as const)
    await model.adapt({ rank, init: false, targetModules: "all-linear" }, { name, seed }).save(place.path(name));
  await model.adapt({ rank: 2, useDora: true, targetModules: "all-linear" }, { name: "dora" }).save(place.path("dora"));
  model.dispose();
});

async function logitsOf(...options: readonly string[]): Promise<Float32Array> {
  const inputs = place.write("inputs.json", JSON.stringify({ input_ids: inputIds }));
  const out = place.path("out.safetensors");
  const { code, stderr } = await place.call("forward", ...options, "--inputs", inputs, "--out", out, "--overwrite");
  expect(code, stderr).toBe(0);
  return (await openSafetensors(bytesSource(await readFile(out), out))).readFloat32("logits");
}

describe("several adapters of one call", () => {
  it("act with their weights, like adapters that are attached together, and so does their merge", async () => {
    const model = await openModel(base, { engine: { order: ["cpu"] } });
    for (const name of ["one", "two"]) await model.attach(place.path(name), { name });
    const context = inferenceContext(weightedAdapters({ one: 0.7, two: 1 }));
    const expected = tf.tidy(() =>
      model.base.forward({ inputIds: tf.tensor2d(inputIds, undefined, "int32") }, context),
    );
    const values = Array.from(await expected.data());
    expected.dispose();
    model.dispose();
    const set = ["--adapter", `${place.path("one")}:0.7`, "--adapter", place.path("two")];
    const together = await logitsOf("--model", base, ...set);
    const { code } = await place.call("merge", "--model", base, ...set, "--out", place.path("merged"));
    expect(code).toBe(0);
    const merged = await logitsOf("--model", place.path("merged"));
    for (const [index, value] of values.entries()) {
      expect(together[index]).toBeCloseTo(value, 4);
      expect(merged[index]).toBeCloseTo(value, 4);
    }
  });

  it("are refused by the name of one that is more than a low-rank update", async () => {
    const set = ["--adapter", place.path("one"), `${place.path("dora")}:0.5`];
    const { code, stderr } = await place.call("merge", "--model", base, ...set, "--out", place.path("no"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Only plain LoRA .*can be combined, [\s\S]*dora"/);
  });

  it("are refused where they were made on different weights", async () => {
    await cp(base, place.path("another"), { recursive: true });
    const file = place.path("another", "model.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const model = await openModel(place.path("another"), { engine: { order: ["cpu"] } });
    await model.adapt({ rank: 2, targetModules: "all-linear" }).save(place.path("stranger"));
    model.dispose();
    const set = ["--adapter", place.path("one"), place.path("stranger")];
    const { code, stderr } = await place.call("merge", "--model", base, ...set, "--out", place.path("no"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("were trained on different base models")]);
  });

  it("are a path where a folder has the name that looks like a weight", async () => {
    await cp(place.path("one"), place.path("run:2"), { recursive: true });
    expect(await logitsOf("--model", base, "--adapter", place.path("run:2"))).toEqual(
      await logitsOf("--model", base, "--adapter", place.path("one")),
    );
  });
});
