import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageInDataUrl } from "@lowrank/contracts/internal";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ChoiceEvent } from "../answers/written-choice.ts";
import { rowRecorder } from "./record-rows.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-"));
  path = join(folder, "rows.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

it("records an image as a data URL, which a row to train on may have", async () => {
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
});

it("leaves out a row whose call has no JSON object as arguments, and reports why", async () => {
  const notes: string[] = [];
  const record = rowRecorder(path, (line) => notes.push(line));
  for (const text of ['{"city": "Bo', "7", "", '{"city": "Bonn"}']) {
    async function* events(): AsyncGenerator<ChoiceEvent, void, undefined> {
      yield { type: "call", index: 0, id: "c", name: "weather", arguments: text };
      yield { type: "end", reason: "tool_calls", promptTokens: 9, tokens: 3 };
    }
    for await (const _ of record({ messages: [] }, events()));
  }
  expect(notes).toEqual(Array(2).fill('a row was not recorded: the arguments of "weather" are not a JSON object'));
  const rows = (await readFile(path, "utf8")).trim().split("\n");
  const values = rows.map((row) => JSON.parse(row).messages[0].tool_calls[0].function.arguments);
  expect(values).toEqual([{}, { city: "Bonn" }]);
});
