// docs/json-lines.md is what the commands print: programs rely on it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../run.ts";
import { recordingIo } from "../terminal/recording-io.ts";
import { jsonl, makeWorkplace, type Workplace } from "./workplace.ts";

const tiny = fileURLToPath(new URL("../../../../tiny-model/model", import.meta.url));
const page = readFileSync(new URL("../../../../../docs/json-lines.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| `([a-z ]+)` \| (?:`(\w+)`)? ?\| (.*) ?\|$/gm)].map(([, command, type, fields]) => ({
  ...{ command, type },
  fields: [...(fields ?? "").matchAll(/`(\w+)(\?)?`/g)].map(([, name = "", mark]) => ({
    name,
    isAlways: mark !== "?",
  })),
  isOpen: /and |what the/.test(fields ?? ""),
}));

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
  const pairs = ["pub", "café"].map((what) => ({ prompt: "name[Aromi] ->", completion: ` Aromi is a ${what}.` }));
  await place.write("rows.jsonl", jsonl(pairs));
  await place.write("ids.json", '{"input_ids": [[1, 2, 3]]}');
});
afterAll(() => place.remove());

const lines = [
  "Hi",
  "/adapter",
  "/adapter none",
  "/adapter mine mine",
  "/system a",
  "/messages",
  "/clear",
  "/no",
  "/save F",
];

it("names the lines of every command, and every field that is there always", async () => {
  const [model, data, adapter] = [["--model", tiny], place.path("rows.jsonl"), place.path("mine")];
  const train = ["train", ...model, "--data", data, "--validation", data, "--out", adapter, "--steps", "2"];
  const calls: readonly (readonly string[])[] = [
    [...train, "--save-every", "1"],
    ["plan", ...model, "--data", data, "--out", "none"],
    ["data", "preview", ...model, "--data", data],
    ["generate", "--adapter", adapter, "--prompt", "a", "--max-new-tokens", "2", "--logprobs", "1"],
    ["chat", "--adapter", adapter, "--template", "vicuna", "--max-new-tokens", "2"],
    ["evaluate", "--adapter", adapter, "--data", data],
    ["embed", ...model, "--text", "a", "--pooling", "mean"],
    ["merge", "--adapter", adapter, "--out", place.path("merged")],
    ["combine", "--adapter", adapter, adapter, "--out", place.path("both")],
    ["reduce", "--adapter", adapter, "--rank", "1", "--out", place.path("less")],
    ["diff", adapter, place.path("less")],
    ["diff", adapter],
    ["extract", ...model, "--tuned", place.path("merged"), "--out", place.path("found")],
    ["export", "--adapter", adapter, "--out", place.path("mine.gguf")],
    ["push", "--from", adapter, "--to", "me/mine", "--plan"],
    ["forward", ...model, "--inputs", place.path("ids.json"), "--out", place.path("out.safetensors")],
    ["inspect", adapter],
  ];
  const problems = new Set<string>();
  const seen = new Set<string>();
  for (const argv of calls) {
    const command = argv[0] === "data" ? "data preview" : argv[0];
    for (const line of await printed(argv)) {
      const row = rows.find((each) => each.command === command && each.type === line.type);
      const name = `${command} ${line.type}`;
      seen.add(name);
      if (row === undefined) problems.add(`${name} is not told`);
      for (const field of row?.fields ?? [])
        if (field.isAlways && !(field.name in line)) problems.add(`${name} has no ${field.name}`);
      for (const field of Object.keys(line))
        if (field !== "type" && row?.isOpen === false && !row.fields.some(({ name }) => name === field))
          problems.add(`${name} has ${field}, which is not told`);
    }
  }
  expect([...problems]).toEqual([]);
  expect(seen.size).toBeGreaterThan(20);
}, 120_000);

async function printed(argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const stdin = async function* () {
    yield new TextEncoder().encode(lines.map((line) => `${line.replace("F", place.path("talk.jsonl"))}\n`).join(""));
  };
  const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" }, stdin });
  expect(await run([...argv, "--json"], recording.io), recording.stderr()).toBe(0);
  return recording.jsonLines();
}
