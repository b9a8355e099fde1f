// Models.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkConfig } from "@lowrank/contracts/families";
import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import { openTokenizer } from "@lowrank/data";
import { filesFolder, generate, loadModel, type ModelFolder } from "@lowrank/models";
import { joinPieces, serializeSafetensors } from "@lowrank/safetensors";
import { type ByteSource, parseSafetensors } from "@lowrank/safetensors/internal";
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

/** A base of which the disk holds the header alone: its file ends in a hole. */
async function loadSparse(): Promise<void> {
  const json = { ...config(), vocab_size: 2 ** 24, hidden_size: 2048, num_hidden_layers: 1 };
  let end = 0;
  const entries = parametersOf(checkConfig(json), "causal-lm").map(({ path, shape }) => {
    const begin = end;
    end += shape.reduce((product, size) => product * size, 4);
    return [path, { dtype: "F32", shape, data_offsets: [begin, end] }];
  });
  const header = text(JSON.stringify(Object.fromEntries(entries)));
  const start = joinPieces([new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer), header]);
  const source: ByteSource = {
    name: "model.safetensors",
    size: start.length + end,
    read: async (at, size) => (at < start.length ? start.subarray(at, at + size) : new Uint8Array(size)),
  };
  const folder = folderOf({ "config.json": text(JSON.stringify(json)), "model.safetensors": new Uint8Array() });
  await loadModel({ ...folder, open: async () => source });
}

export const modelBombs: readonly Bomb[] = [
  { name: "a weight that is NaN", expected: "NON_FINITE_OUTPUT", explode: answerWithNan },
  {
    name: "a base of 275 GB, nearly all of it a hole in the file",
    expected: "MODEL_TOO_LARGE",
    explode: loadSparse,
  },
  {
    name: "config.json a million levels deep",
    expected: "MODEL_FILE",
    explode: () =>
      loadModel(folderOf({ "config.json": text(`{"model_type": "llama", "vocab_size": ${nested(1_000_000)}}`) })),
  },
  {
    name: "a million layers",
    expected: "INVALID_CONFIG",
    explode: () =>
      loadModel(folderOf({ "config.json": text(JSON.stringify({ ...config(), num_hidden_layers: 1_000_000 })) })),
  },
  {
    name: "tokenizer.json a million levels deep",
    expected: "TOKENIZER_INVALID",
    explode: () => openTokenizer(folderOf({ "tokenizer.json": text(`{"model": ${nested(1_000_000)}}`) })),
  },
];
