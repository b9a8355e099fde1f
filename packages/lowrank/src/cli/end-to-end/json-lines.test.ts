// docs/json-lines.md is what the commands print: programs rely on it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace, tiny } from "./workspace.ts";

const page = readFileSync(new URL("../../../../../docs/json-lines.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| `([a-z ]+)` \| (?:`(\w+)`)? ?\| (.*) ?\|$/gm)].map(([, command, type, fields]) => ({
  command,
  type,
  fields: [...(fields ?? "").matchAll(/`(\w+)(\?)?`/g)].map(([, name = "", mark]) => ({
    name,
    isAlways: mark !== "?",
  })),
  isOpen: /and |the content of/.test(fields ?? ""),
}));

const work = makeWorkspace();
let recipe: string;
beforeAll(async () => {
  const pairs = ["pub", "café"].map((what) => ({ prompt: "name[Aromi] ->", completion: ` Aromi is a ${what}.` }));
  const data = work.write("rows.jsonl", jsonl(pairs));
  const settings = { model: tiny, data, validation: data, steps: 1 };
  recipe = work.write("recipe.json", JSON.stringify(settings));
  const moods = work.write("moods.csv", "text,label\ngood,happy\nbad,angry\n");
  await work.call("train", "--model", tiny, "--data", moods, "--out", work.path("mood"), "--steps", "1");
}, 60_000);

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
  const [model, data, adapter] = [["--model", tiny], work.path("rows.jsonl"), work.path("mine")];
  const train = ["train", ...model, "--data", data, "--validation", data, "--out", adapter, "--steps", "2"];
  const onnx = fileURLToPath(new URL("../../../../../fixtures/onnx/all-linear-llama.onnx", import.meta.url));
  const ofOnnx = ["--adapter", fixture("all-linear-llama", "adapter")];
  const calls: readonly (readonly string[])[] = [
    [...train, "--save-every", "1"],
    ["plan", ...model, "--data", data, "--out", "none"],
    ["data", "preview", ...model, "--data", data],
    ["generate", "--adapter", adapter, "--prompt", "a", "--max-new-tokens", "2", "--logprobs", "1"],
    ["chat", "--adapter", adapter, "--template", "vicuna", "--max-new-tokens", "2"],
    ["evaluate", "--adapter", adapter, "--data", data],
    ["embed", ...model, "--text", "a", "--pooling", "mean"],
    ["merge", "--adapter", adapter, "--out", work.path("merged")],
    ["combine", "--adapter", adapter, adapter, "--out", work.path("both")],
    ["reduce", "--adapter", adapter, "--rank", "1", "--out", work.path("less")],
    ["diff", adapter, work.path("less")],
    ["diff", adapter],
    ["extract", ...model, "--tuned", work.path("merged"), "--out", work.path("found")],
    ["export", "--adapter", adapter, "--out", work.path("mine.gguf")],
    ["export", "--to", "onnx", "--model", onnx, ...ofOnnx, "--out", work.path("onnx")],
    ["push", "--from", adapter, "--to", "me/mine", "--plan"],
    ["inspect", adapter],
    ["predict", "--adapter", work.path("mood"), "--text", "good"],
    ["doctor"],
  ];
  const { problems, seen } = await undocumented(calls);
  expect(problems).toEqual([]);
  expect(seen.size).toBeGreaterThan(21);
}, 240_000);

it("names the lines of a sweep and a search, including those of their trainings", async () => {
  const sweep = ["sweep", recipe, "--set", "rank=1,2", "--out", work.path("sweep")];
  const tune = ["tune", "--recipe", recipe, "--learning-rate", "1e-3", "--out", work.path("tuned")];
  const { problems, seen } = await undocumented([[...sweep, "--plan"], [...sweep, "--to", "slurm"], sweep, tune]);
  expect(problems).toEqual([]);
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...["plan", "script", "run", "step", "result"].map((type) => `sweep ${type}`),
      ...["search", "trial", "choice", "result"].map((type) => `tune ${type}`),
    ]),
  );
}, 120_000);

/** The differences between the calls' output and the page. */
async function undocumented(calls: readonly (readonly string[])[]) {
  const problems = new Set<string>();
  const seen = new Set<string>();
  for (const argv of calls) {
    const command = argv[0] === "data" ? "data preview" : argv[0];
    for (const line of await printed(argv)) {
      const row = rowFor(command, line);
      const name = `${command} ${line.type}`;
      seen.add(name);
      if (row === undefined) problems.add(`${name} is not documented`);
      for (const field of row?.fields ?? [])
        if (field.isAlways && !(field.name in line)) problems.add(`${name} has no ${field.name}`);
      for (const field of Object.keys(line))
        if (field !== "type" && row?.isOpen === false && !row.fields.some(({ name }) => name === field))
          problems.add(`${name} has ${field}, which is not documented`);
    }
  }
  return { problems: [...problems], seen };
}

/** The row that tells of a line; of a sweep's, which has those of its trainings too, the one whose fields are there. */
function rowFor(command: string | undefined, line: Readonly<Record<string, unknown>>) {
  const commands = command === "sweep" || command === "tune" ? [command, "train"] : [command];
  const ofType = rows.filter((each) => commands.includes(each.command) && each.type === line.type);
  return ofType.find(({ fields }) => fields.every(({ name, isAlways }) => !isAlways || name in line)) ?? ofType[0];
}

async function printed(argv: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const stdin = async function* () {
    yield new TextEncoder().encode(lines.map((line) => `${line.replace("F", work.path("talk.jsonl"))}\n`).join(""));
  };
  const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" }, stdin });
  expect(await run([...argv, "--json"], recording.io), recording.stderr()).toBe(0);
  return recording.jsonLines();
}
