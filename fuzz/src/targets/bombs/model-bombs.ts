// Models.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer } from "@lowrank/data";
import { filesFolder, generate, loadModel, type ModelFolder } from "@lowrank/models";
import { parseSafetensors, serializeSafetensors } from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { root } from "../../inputs/seeds.ts";
import { type Bomb, nested } from "./bomb.ts";

const tiny = join(root, "packages/models/fixtures/llama-greedy");
const text = (contents: string) => new TextEncoder().encode(contents);
const config = () => JSON.parse(readFileSync(join(tiny, "config.json"), "utf8"));

function folderOf(files: Readonly<Record<string, Uint8Array>>): ModelFolder {
  return filesFolder("a bomb", new Map(Object.entries(files)));
}

/** The tiny model with one weight that is no number. */
async function answerWithNan(): Promise<void> {
  await tf.setBackend("cpu");
  const file = parseSafetensors(readFileSync(join(tiny, "model.safetensors")));
  const tensors = new Map(
    Array.from(file.tensors, ([name, { dtype, shape }]) => [
      name,
      { dtype, shape, data: new Uint8Array(file.bytes(name)) },
    ]),
  );
  const weight = tensors.get("model.norm.weight")?.data;
  if (weight !== undefined) new DataView(weight.buffer).setFloat32(0, Number.NaN, true);
  const files = { "config.json": text(JSON.stringify(config())), "model.safetensors": serializeSafetensors(tensors) };
  const model = await loadModel(folderOf(files));
  try {
    await generate(model, { promptIds: [[5, 6, 7]], maxNewTokens: 4 });
  } finally {
    model.dispose();
  }
}

export const modelBombs: readonly Bomb[] = [
  { name: "a weight that is NaN", expected: "NonFiniteOutputError", explode: answerWithNan },
  {
    name: "a million layers",
    expected: "InvalidConfigError",
    explode: () =>
      loadModel(folderOf({ "config.json": text(JSON.stringify({ ...config(), num_hidden_layers: 1_000_000 })) })),
  },
  {
    name: "tokenizer.json a million levels deep",
    expected: "TokenizerError",
    explode: () => openTokenizer(folderOf({ "tokenizer.json": text(`{"model": ${nested(1_000_000)}}`) })),
  },
];
