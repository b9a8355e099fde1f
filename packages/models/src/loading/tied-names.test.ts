// transformers 5.24.0 reads a tied weight from whichever of its names a file has; what it computes stays the same.

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { serializeSafetensors } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { filesFolder } from "../folder/files-folder.ts";
import { loadModel } from "./load-model.ts";

/** A fixture's base whose file has its tied weight under the name `name` alone. */
async function baseWith(fixture: string, [table, name]: readonly [string, string]) {
  const base = join(fixturesRoot, fixture, "base");
  const file = parseSafetensors(await readFile(join(base, "model.safetensors")));
  expect([...file.tensors.keys()]).toContain(table);
  const tensors = [...file.tensors].map(([key, { dtype, shape }]) => {
    return [key === table ? name : key, { dtype, shape, data: file.bytes(key) }] as const;
  });
  const files = [
    ["config.json", await readFile(join(base, "config.json"))],
    ["model.safetensors", serializeSafetensors(new Map(tensors))],
  ] as const;
  return filesFolder(fixture, new Map(files));
}

async function logitsOf(fixture: string, names: readonly [string, string]): Promise<readonly number[]> {
  const model = await loadModel(await baseWith(fixture, names));
  const inputIds = tf.tensor2d([[5, 6, 7]], undefined, "int32");
  const logits = model.forward({ inputIds, ...(model.config.decoderLayers > 0 ? { decoderInputIds: inputIds } : {}) });
  const values = Array.from(await logits.data());
  tf.dispose([inputIds, logits]);
  model.dispose();
  return values;
}

describe.each([
  ["gpt2", "transformer.wte.weight", ["lm_head.weight"]],
  ["llama-gqa-tied", "model.embed_tokens.weight", ["lm_head.weight"]],
  ["t5", "shared.weight", ["lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]],
  [
    "bart",
    "model.shared.weight",
    ["lm_head.weight", "model.encoder.embed_tokens.weight", "decoder.embed_tokens.weight"],
  ],
  ["roberta-mlm", "roberta.embeddings.word_embeddings.weight", ["lm_head.decoder.weight"]],
])("the tied weight of %s", (fixture, table, others) => {
  it.each(others)("is read under the file's name %s", async (name) => {
    const before = tf.memory().numTensors;
    expect(await logitsOf(fixture, [table, name])).toEqual(await logitsOf(fixture, [table, table]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
