import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageInDataUrl } from "@lowrank/contracts";
import { expect, it } from "vitest";
import type { ChoiceEvent } from "../answers/written-choice.ts";
import { rowRecorder } from "./record-rows.ts";

it("records an image as a data URL, which a row to train on may have", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-"));
  const path = join(folder, "rows.jsonl");
  const image = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);
  const parts = [
    { type: "text", text: "What is this?" },
    { type: "image", image },
  ] as const;
  async function* events(): AsyncGenerator<ChoiceEvent, void, undefined> {
    yield { type: "piece", text: "A fox." };
    yield { type: "end", reason: "stop", promptTokens: 9, tokens: 3 };
  }
  const conversation = { messages: [{ role: "user", content: "What is this?", parts }] } as const;
  for await (const event of rowRecorder(path, expect.fail)(conversation, events())) expect(event).toBeDefined();
  const { messages } = JSON.parse(await readFile(path, "utf8"));
  const [question, answer] = messages;
  expect(question).toMatchObject({ role: "user", content: [parts[0], { type: "image_url" }] });
  expect(question.parts).toBeUndefined();
  expect(imageInDataUrl(question.content[1].image_url.url)).toEqual(image);
  expect(answer).toEqual({ role: "assistant", content: "A fox." });
  await rm(folder, { recursive: true });
});
