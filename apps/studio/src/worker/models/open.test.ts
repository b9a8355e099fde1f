// Opening models, on plain JavaScript; what a page does with it is in the browser's tests.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesFolder } from "@lowrank/models";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import type { LoadingProgress, ModelSource } from "../../protocol/model.ts";
import { memoryStore } from "../../storage/store.ts";
import { WorkerState } from "../worker-state.ts";
import { weigh } from "./find-model.ts";
import { open } from "./open.ts";

const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

async function filesOf(folder: string, some: readonly string[] = names): Promise<File[]> {
  return Promise.all(some.map(async (name) => new File([await readFile(join(folder, name))], name)));
}
const chosen = async (...args: Parameters<typeof filesOf>): Promise<ModelSource> => ({
  kind: "files",
  files: await filesOf(...args),
});

async function state(): Promise<WorkerState> {
  const made = new WorkerState(memoryStore());
  const files = new Map((await filesOf(tinyModel)).map((file) => [file.name, file]));
  made.tiny = { folder: Promise.resolve(filesFolder("tiny", files)), onProgress: undefined };
  return made;
}

describe("a model in the worker", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it("is weighed by its headers", async () => {
    const { parameters, bytes, trainingBytes } = await weigh(await state(), { kind: "tiny" }, () => undefined);
    expect({ parameters, bytes }).toEqual({ parameters: 4_000_000, bytes: 8_000_000 });
    expect(trainingBytes).toBeGreaterThan(4 * parameters);
  });

  it("is opened with what an adapter may be put on, tensor by tensor", async () => {
    const made = await state();
    const progress: LoadingProgress[] = [];
    const facts = await open(made, { kind: "tiny" }, (each) => progress.push(each));
    expect(facts).toMatchObject({ name: "Tiny", parameters: 4_000_000, positions: 512, blocks: 4, chats: false });
    expect(facts.targets).toEqual(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]);
    expect(progress.at(-1)).toMatchObject({ stage: "load" });
    expect(progress.at(-1)?.done).toBe(progress.at(-1)?.total);
    made.model?.opened.dispose();
  });

  it("takes the place of the one before, whose memory is free", async () => {
    const made = await state();
    await open(made, { kind: "tiny" }, () => undefined);
    const { numTensors } = tf.memory();
    await open(made, await chosen(tinyModel), () => undefined);
    expect(tf.memory().numTensors).toBe(numTensors);
    made.model?.opened.dispose();
  });

  it.each([
    ["without its tokenizer", () => chosen(tinyModel, ["config.json", "model.safetensors"]), "TOKENIZER_MISSING"],
    ["with another model's tokenizer", misfit, "TOKENIZER_MISFIT"],
    ["with weights that are cut off", cutOff, "MetadataIncompleteBuffer"],
    ["whose weights are a text", async () => files({ "a.gguf": "hello, I am no model" }), "GGUF_NOT_GGUF"],
    ["for classes", classifier, "WRITES_NOTHING"],
  ] as const)("%s is refused, and the one before stays", async (_, source, code) => {
    const made = await state();
    await open(made, { kind: "tiny" }, () => undefined);
    const before = made.model;
    const { numTensors } = tf.memory();
    await expect(open(made, await source(), () => undefined)).rejects.toMatchObject({ code });
    expect(made.model).toBe(before);
    expect(tf.memory().numTensors).toBe(numTensors);
    before?.opened.dispose();
  });

  it("that a tab cannot hold is refused by its headers, however many bytes follow", async () => {
    const config = JSON.stringify({ ...JSON.parse(await readFile(join(tinyModel, "config.json"), "utf8")) });
    const header = JSON.stringify({ big: { dtype: "F16", shape: [100_000, 20_000], data_offsets: [0, 4e9] } });
    const start = new Uint8Array(8);
    new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
    const weights = new File([start, header], "model.safetensors");
    Object.defineProperty(weights, "size", { value: 8 + header.length + 4e9 });
    const source: ModelSource = { kind: "files", files: [new File([config], "config.json"), weights] };
    await expect(weigh(await state(), source, () => undefined)).rejects.toMatchObject({ code: "TOO_LARGE_FOR_TAB" });
  });
});

function files(contents: Readonly<Record<string, BlobPart>>): ModelSource {
  return { kind: "files", files: Object.entries(contents).map(([name, content]) => new File([content], name)) };
}

async function misfit(): Promise<ModelSource> {
  const own = await filesOf(tinyModel, ["config.json", "model.safetensors"]);
  const tokenizer = JSON.parse(await readFile(join(tinyModel, "tokenizer.json"), "utf8"));
  tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 5000, content: "<|other|>" });
  return { kind: "files", files: [...own, new File([JSON.stringify(tokenizer)], "tokenizer.json")] };
}

async function cutOff(): Promise<ModelSource> {
  const [config, weights, ...others] = await filesOf(tinyModel);
  const half = new File([(weights as File).slice(0, 1_000_000)], "model.safetensors");
  return { kind: "files", files: [config as File, half, ...others] };
}

async function classifier(): Promise<ModelSource> {
  return chosen(join(fixturesRoot, "bert-seqcls", "base"), ["config.json", "model.safetensors"]);
}
