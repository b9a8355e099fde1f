// Against transformers: scripts/python/make_vision_language.py made the model, the images and the numbers.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ImagePart } from "@lowrank/data/internal";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Chat } from "../chat/chat.ts";
import { openModel } from "../index.ts";
import type { OpenedModel } from "../opened-model.ts";

const folder = fileURLToPath(new URL("../../../../fixtures/vision-language", import.meta.url));
const expectedIn = (file: string) =>
  JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as readonly {
    readonly loss: number;
    readonly trained: number;
    readonly generated: readonly number[];
  }[];
const expected = expectedIn("expected.json");
/** The questions of rows.jsonl there, and the files of their images. */
const questions = [
  ["Which colour?", ["warm.png"]],
  ["Which two?", ["cold.png", "warm.png"]],
  ["No image?", []],
  ["Which is tall?", ["tall.png", "warm.png"]],
] as const;

let model: OpenedModel;
beforeAll(async () => {
  await chooseEngine();
  registerGradients();
  model = await openModel(`${folder}/base`, { engine: false });
});
afterAll(() => model.dispose());

/** A question, with the bytes of its images unless `show` makes another part of them. */
function questionOf(row: number, show = (image: Uint8Array) => ({ type: "image", image }) as ImagePart | LinkPart) {
  const [text, files] = questions[row] ?? ["", []];
  const images = files.map((file) => show(readFileSync(`${folder}/${file}`)));
  return { messages: [{ role: "user", content: [...images, { type: "text", text } as const] }] };
}

/** The ids of the answers to the first questions. */
async function answersOf(model: OpenedModel, count: number): Promise<readonly (readonly number[])[]> {
  const prompts = questions.slice(0, count).map((_, row) => questionOf(row));
  const ids: (readonly number[])[] = [];
  for await (const event of model.stream(prompts, { maxNewTokens: 12 })) if (event.type === "end") ids.push(event.ids);
  return ids;
}

function meanLoss(rows: typeof expected): number {
  const sum = rows.reduce((total, { loss, trained }) => total + loss * trained, 0);
  return sum / rows.reduce((total, { trained }) => total + trained, 0);
}

/** The first questions with these answers. */
function rowsOf(answers: readonly string[]) {
  return answers.map((answer, row) => {
    return { messages: [...questionOf(row).messages, { role: "assistant", content: answer }] };
  });
}

interface LinkPart {
  readonly type: "image_url";
  readonly image_url: { readonly url: string };
}

describe("a model that reads images with texts", () => {
  it("answers as transformers does, also several prompts at once", async () => {
    expect(await answersOf(model, expected.length)).toEqual(expected.map(({ generated }) => generated));
  });

  it("has transformers' loss on the answers of rows, whose images are next to their file", async () => {
    const { loss } = await model.evaluate(`${folder}/rows.jsonl`, { batchSize: 3 });
    expect(loss).toBeCloseTo(meanLoss(expected), 5);
  });

  it("reads OpenAI's data URLs, and continues in a chat", async () => {
    const asLink = (image: Uint8Array): LinkPart => {
      const url = `data:image/png;base64,${Buffer.from(image).toString("base64")}`;
      return { type: "image_url", image_url: { url } };
    };
    const [{ content: parts } = { content: [] }] = questionOf(0, asLink).messages;
    const chat = new Chat(model, { maxNewTokens: 12 });
    const ids: (readonly number[])[] = [];
    for await (const event of chat.send(parts)) if (event.type === "end") ids.push(event.ids);
    expect(ids).toEqual([expected[0]?.generated]);
    for await (const event of chat.send("And now?")) if (event.type === "end") ids.push(event.ids);
    expect(ids[1]?.length).toBeGreaterThan(0);
    chat.dispose();
  });

  it("has an adapter only on the language model, unless others are named", () => {
    const paths = (fields: object) => [...model.adapt(fields).handle.variables.keys()];
    const own = paths({});
    expect(own).toHaveLength(2 * 2 * 7);
    expect(own.every((path) => path.startsWith("model.text_model.layers."))).toBe(true);
    expect(paths({ targetModules: ".*connector.*proj" })).toHaveLength(2);
    expect(paths({ targetModules: "all-linear" })).toHaveLength(own.length + 2 * (2 * 6 + 1));
    for (const adapter of model.adapters) adapter.dispose();
  });

  it("learns from rows with the bytes of images, with its tower and connector", async () => {
    const adapter = model.adapt({ targetModules: "all-linear" }, { seed: 1 });
    const row = { messages: [...questionOf(1).messages, { role: "assistant", content: "blue" }] };
    await adapter.train([row], { steps: 12, learningRate: 0.02, batchSize: 1 });
    expect(await model.generate(questionOf(1))).toBe(" blue");
    adapter.dispose();
  });

  it("names an image that cannot be read", async () => {
    const content = [{ type: "image" as const, image: Uint8Array.of(1, 2, 3) }];
    await expect(model.generate({ messages: [{ role: "user", content }] })).rejects.toThrow("neither PNG nor JPEG");
  });
});

describe("PaliGemma, which sees a prompt and its images as a whole", () => {
  const numbers = expectedIn("expected-paligemma.json");
  let paligemma: OpenedModel;
  beforeAll(async () => {
    paligemma = await openModel(`${folder}/paligemma`, { engine: false });
  });
  afterAll(() => paligemma.dispose());

  it("answers as transformers does, also several prompts at once", async () => {
    expect(await answersOf(paligemma, 2)).toEqual(numbers.map(({ generated }) => generated));
  });

  it("has transformers' loss on the answers of rows", async () => {
    const { loss } = await paligemma.evaluate(rowsOf(["red", "blue, red"]), { batchSize: 2 });
    expect(loss).toBeCloseTo(meanLoss(numbers), 5);
  });

  it("reads a chat from its beginning in every turn", async () => {
    const chat = new Chat(paligemma, { maxNewTokens: 4 });
    const said: string[] = [];
    for (const question of ["One?", "Two?"])
      for await (const event of chat.send(question)) if (event.type === "end") said.push(event.text);
    const turns = ["One?", said[0] ?? "", "Two?"];
    const messages = turns.map((content, turn) => ({ role: turn === 1 ? "assistant" : "user", content }));
    expect(said[1]).toBe(await paligemma.generate({ messages }, { maxNewTokens: 4 }));
    chat.dispose();
  });
});

describe("Qwen3-VL, whose images have any size", () => {
  const numbers = expectedIn("expected-qwen3-vl.json");
  let qwen: OpenedModel;
  beforeAll(async () => {
    qwen = await openModel(`${folder}/qwen3-vl`, { engine: false });
  });
  afterAll(() => qwen.dispose());

  it("answers as transformers does, several prompts with images of unequal size and none at once", async () => {
    expect(await answersOf(qwen, 4)).toEqual(numbers.map(({ generated }) => generated));
  });

  it("has transformers' loss on the answers of rows", async () => {
    const { loss } = await qwen.evaluate(rowsOf(["red", "blue, red", "none", "green"]), { batchSize: 4 });
    expect(loss).toBeCloseTo(meanLoss(numbers), 5);
  });

  it("is adapted as a language model, and answers the same once the adapter is merged", async () => {
    const adapter = qwen.adapt({}, { seed: 1 });
    expect([...adapter.handle.variables.keys()].every((path) => path.startsWith("model.language_model."))).toBe(true);
    const row = { messages: [...questionOf(3).messages, { role: "assistant", content: "green" }] };
    await adapter.train([row], { steps: 12, learningRate: 0.02, batchSize: 1 });
    expect(await qwen.generate(questionOf(3))).toBe("green");
    const out = await mkdtemp(join(tmpdir(), "lowrank-qwen3-vl-"));
    await qwen.merge(adapter).save(join(out, "merged"));
    const merged = await openModel(join(out, "merged"), { engine: false });
    expect(await merged.generate(questionOf(3))).toBe("green");
    merged.dispose();
    await rm(out, { recursive: true });
  });
});
