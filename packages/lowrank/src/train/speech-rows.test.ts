// A tiny Whisper learns from features and texts.

import { readFileSync } from "node:fs";
import { DataError } from "@lowrank/data";
import { filesFolder } from "@lowrank/models";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { openModel } from "../index.ts";

const words = ["[UNK]", "<s>", "</s>", "<sot>", "one", "two", "three"];
const tokenizer = {
  model: { type: "WordLevel", vocab: Object.fromEntries(words.map((word, id) => [word, id])), unk_token: "[UNK]" },
  added_tokens: ["</s>", "<sot>"].map((content) => ({ id: words.indexOf(content), content, special: true })),
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
};

function whisper() {
  const read = (file: string) =>
    new Uint8Array(readFileSync(new URL(`../../../models/fixtures/whisper-banned/${file}`, import.meta.url)));
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = new Map(["config.json", "model.safetensors"].map((file) => [file, read(file)]));
  files.set("tokenizer.json", json(tokenizer));
  files.set("tokenizer_config.json", json({ eos_token: "</s>" }));
  return openModel(filesFolder("whisper", files), { engine: false });
}

/** Ten frames of three bins. */
const sound = (speed: number) =>
  Array.from({ length: 3 }, (_, bin) => Array.from({ length: 10 }, (_, frame) => Math.sin(speed * (bin + frame))));
const rows = [
  { input_features: sound(1), text: "one two", start: "<sot>" },
  { input_features: sound(2), text: "three", start: "<sot>" },
];

beforeAll(() => tf.setBackend("cpu"));

it("a speech model learns transcripts from rows of features and texts", async () => {
  const model = await whisper();
  const adapter = model.adapt({ rank: 4, targetModules: ["q_proj", "v_proj", "fc1"] });
  expect(adapter.plan.config.taskType).toBeNull(); // PEFT's class for texts into texts cannot call such a model
  const losses: number[] = [];
  for await (const event of adapter.train(rows, { steps: 12, batchSize: 2, learningRate: 0.03 })) {
    if (event.type === "step") losses.push(event.loss);
  }
  expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
  expect((await model.evaluate(rows)).loss).toBeLessThan(losses[0] ?? 0);
  model.dispose();
});

it("rows of text are refused for a speech model, by their numbers", async () => {
  const model = await whisper();
  const adapter = model.adapt({ rank: 4, targetModules: ["q_proj"] });
  const mixed = [rows[0] ?? {}, { prompt: "one", completion: "two" }];
  const error = await adapter.prepare(mixed).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  expect(String(error)).toMatch(/row 2.*this is a speech model/s);
  model.dispose();
});
