// Tiny files of every architecture that is read, held to what transformers computes (test/fixtures/gguf/make_gguf.py).

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { bytesSource } from "@lowrank/safetensors";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { loadGguf } from "./load-gguf.ts";

const folder = new URL("../../../test/fixtures/gguf/", import.meta.url);
const { ids, values } = JSON.parse(await readFile(new URL("expected.json", folder), "utf8")) as {
  readonly ids: number[][];
  readonly values: Readonly<Record<string, readonly number[]>>;
};

it.each(Object.entries(values))("equals transformers with %s", async (name, expected) => {
  const before = tf.memory().numTensors;
  const bytes = await readFile(new URL(`${name}.gguf`, folder));
  const warnings: string[] = [];
  const model = await loadGguf(bytesSource(bytes, `${name}.gguf`), {
    onWarning: ({ message }) => warnings.push(message),
  });
  const output = tf.tidy(() => model.forward({ inputIds: tf.tensor2d(ids, undefined, "int32") }));
  expectClose(Float32Array.from(output.dataSync()), Float32Array.from(expected), 1e-4);
  output.dispose();
  model.dispose();
  expect(warnings).toEqual([]);
  expect(tf.memory().numTensors).toBe(before);
});
