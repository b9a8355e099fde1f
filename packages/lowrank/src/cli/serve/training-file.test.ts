import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeArguments } from "@lowrank/testing/node-arguments";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readInProcess } from "./read-in-process.ts";
import { readTrainingFile } from "./training-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-rows-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string | Uint8Array, out?: string) {
  const path = join(folder, "rows.jsonl");
  await writeFile(path, text);
  return readTrainingFile({ path, name: "rows.jsonl", out });
}

const named = (image: unknown) => ({ role: "user", content: [{ type: "image", image }] });
const linked = { role: "user", content: [{ type: "image_url", image_url: { url: "https://host.example/a.png" } }] };
const [question, answer] = [
  { role: "user", content: "What?" },
  { role: "assistant", content: "That." },
];
const withPicture = { ...linked, role: "assistant" };
const file = "/etc/hostname";

it.each<readonly [kind: string, row: object]>([
  ["chat", { messages: [named(file), answer] }],
  ["chat with an address", { messages: [linked, answer] }],
  ["chat with a path in an object", { messages: [named({ path: file }), answer] }],
  ["reinforcement", { messages: [question, answer, named(file)] }],
  [
    "preference, in the prompt",
    {
      input: { messages: [linked] },
      preferred_output: [answer],
      non_preferred_output: [answer],
    },
  ],
  [
    "preference, in an answer",
    {
      input: { messages: [question] },
      preferred_output: [answer],
      non_preferred_output: [withPicture],
    },
  ],
  ["prompt/completion", { prompt: [named(file)], completion: [answer] }],
  ["TRL's preference", { prompt: [named(file)], chosen: [answer], rejected: [answer] }],
  ["judged", { prompt: [named(file)], completion: [answer], label: true }],
  ["ShareGPT", { conversations: [{ from: "human", value: [{ type: "image", image: file }] }] }],
  ["classification", { image: file, label: 0 }],
  ["an ImageFolder's", { file_name: "../../etc/hostname", label: 0 }],
  ["speech", { audio: file, text: "hi" }],
  ["embeddings", { anchor: file, positive: file }],
])("refuses a %s row with a file or an address", async (_, row) => {
  await expect(read(JSON.stringify(row))).rejects.toThrow(
    /line 1: (expected files in the row itself|found the fields)/,
  );
});

it("writes rows with lowrank's names, line for line, across the pieces of a file", async () => {
  const long = { role: "user", content: "é".repeat(50_000) };
  const row = { input: { messages: [long] }, preferred_output: [answer], non_preferred_output: [answer] };
  const out = join(folder, "out.jsonl");
  expect(await read(`\n${JSON.stringify(row)}\r\n${JSON.stringify(row)}`, out)).toEqual({ method: "dpo", rows: 2 });
  const [blank, first, second, ...rest] = (await readFile(out, "utf8")).split("\n");
  expect([blank, first, rest]).toEqual(["", second, [""]]);
  expect(JSON.parse(first ?? "")).toEqual({ prompt: [long], chosen: [answer], rejected: [answer] });
});

it.each([
  ["line ends without rows", "\n".repeat(2_000_000), "more than 1000000 lines"],
  ["no row", "\n \n", "The file has no rows"],
  ["other bytes than UTF-8", Uint8Array.of(0xff, 0xff), "not UTF-8"],
])("refuses a file with %s", async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ code: "TRAINING_FILE", message: expect.stringContaining(message) });
});

it("refuses in a process of its own, which has the same errors and ends when the memory does not suffice", async () => {
  const path = join(folder, "rows.jsonl");
  const file = { path, name: "rows.jsonl" };
  const settings = { execArgv: nodeArguments, env: process.env };
  const row = { messages: [question, answer] };
  for (const [text, message] of [
    [JSON.stringify({ messages: [named("/etc/hostname"), answer] }), "line 1: expected files in the row itself"],
    [JSON.stringify({ ...row, more: Array(5_500_000).fill([]) }), "need too much memory"],
  ] as const) {
    await writeFile(path, text);
    const wanted = { code: "TRAINING_FILE", message: expect.stringContaining(message) };
    await expect(readInProcess(file, settings)).rejects.toMatchObject(wanted);
  }
  await writeFile(path, JSON.stringify(row));
  expect(await readInProcess(file, settings)).toEqual({ method: "supervised", rows: 1 });
}, 60_000);
