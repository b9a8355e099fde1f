// Settings stored in an adapter's folder, so that its users do not need to repeat them.

import { cpSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const words = [
  "[UNK]",
  "fine",
  "film",
  "dull",
  "### Instruction:",
  "<user>",
  "<assistant>",
  "<system>",
  "</s>",
  "brief",
];
const chatTemplate =
  "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

const work = makeWorkspace();

let out: string;
let count = 0;
const base = work.path("base");
cpSync(fixture("gpt2", "base"), base, { recursive: true });
const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
const marks = words.slice(5, 9).map((content) => ({ id: vocab[content], content, special: true }));
const model = { type: "WordLevel", vocab, unk_token: "[UNK]" };
work.write(
  "base/tokenizer.json",
  JSON.stringify({ model, added_tokens: marks, pre_tokenizer: { type: "Whitespace" } }),
);
work.write("base/tokenizer_config.json", JSON.stringify({ chat_template: chatTemplate, eos_token: "</s>" }));
beforeEach(() => {
  count += 1;
  out = work.path(`out-${count}`);
});

async function train(data: string, ...more: readonly string[]) {
  const call = await work.call("train", "--model", base, "--data", data, "--out", out, "--steps", "1", ...more);
  expect([call.code, call.stderr]).toEqual([0, expect.not.stringContaining("error")]);
  return call;
}

async function ids(...argv: readonly string[]) {
  const call = await work.call("generate", "--max-new-tokens", "3", "--json", ...argv);
  expect([call.code, call.stderr]).toEqual([0, expect.not.stringContaining("error")]);
  return call.json.at(-1)?.ids;
}

async function setup(adapter = out): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(`${adapter}/lowrank_setup.json`, "utf8"));
}

describe("an adapter's folder", () => {
  it("remembers base, template and system prompt, and the command to try is enough", async () => {
    const turns = (content: string) => [
      { role: "system", content: "brief" },
      { role: "user", content },
      { role: "assistant", content: "fine" },
    ];
    const data = work.write("chat.jsonl", jsonl([{ messages: turns("film") }, { messages: turns("dull") }]));
    const { stdout } = await train(data, "--learning-rate", "0.05");
    expect(await setup()).toEqual({ template: "chat", system: "brief", basePath: "../base" });
    expect(stdout).toContain(`try: lowrank chat --adapter ${out}`);
    const options = ["--model", base, "--adapter", out, "--template", "plain", "--prompt"];
    const written = await ids(...options, "<system>brief</s><user>film</s><assistant>");
    expect(await ids("--adapter", out, "--prompt", "film")).toEqual(written);
    const bare = await ids(...options, "<user>film</s><assistant>");
    expect(await ids("--adapter", out, "--prompt", "film", "--system", "")).toEqual(bare);
    expect(written).not.toEqual(bare);
  });

  it("remembers columns, which other data need not have", async () => {
    const data = work.write("named.csv", "mr,ref\nfilm,fine\ndull,film\n");
    await train(data, "--columns", "prompt=mr,completion=ref");
    expect(await setup()).toMatchObject({ columns: { prompt: "mr", completion: "ref" } });
    const [remembered] = (await work.call("evaluate", "--adapter", out, "--data", data, "--json")).json;
    const other = work.write("plain.jsonl", jsonl([{ prompt: "film", completion: "fine" }]));
    const [own] = (await work.call("evaluate", "--adapter", out, "--data", other, "--json")).json;
    expect([remembered?.rows, own?.rows]).toEqual([2, 1]);
    const { io, jsonLines } = recordingIo({
      environment: { LOWRANK_ENGINE: "cpu" },
      stdin: async function* () {
        yield new TextEncoder().encode("mr,ref\nfilm,fine\n");
      },
    });
    expect(await run(["evaluate", "--adapter", out, "--data", "-", "--json"], io)).toBe(0);
    expect(jsonLines()[0]?.rows).toBe(1);
    const strange = work.write("strange.csv", "a,b\nfilm,fine\n");
    const { stderr } = await work.call("evaluate", "--adapter", out, "--data", strange);
    expect(stderr).toContain('If they are prompt and completion, use --columns "prompt=a,completion=b"');
  });

  it("remembers the columns of a table without names, and its classes by name", async () => {
    const data = work.write("classes.tsv", "fine film\tgood\ndull film\tbad\n");
    await train(data, "--header", "sentence,label");
    const [found] = (await work.call("evaluate", "--adapter", out, "--data", data, "--json")).json;
    expect(found).toMatchObject({ rows: 2, accuracy: expect.any(Number) });
    const merged = work.path("merged-classes");
    expect((await work.call("merge", "--adapter", out, "--out", merged)).code).toBe(0);
    const config = JSON.parse(await readFile(`${merged}/config.json`, "utf8"));
    expect(config.id2label).toEqual({ 0: "bad", 1: "good" });
  });

  it("finds a base that has moved by the name that PEFT reads, and requires one that is gone", async () => {
    const data = work.write("rows.jsonl", jsonl([{ prompt: "film", completion: "fine" }]));
    await train(data);
    const config = JSON.parse(await readFile(`${out}/adapter_config.json`, "utf8"));
    const [here, there] = [work.path("base"), work.path("moved")];
    await rename(here, there);
    try {
      const lost = await work.call("generate", "--adapter", out, "--prompt", "film");
      expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining("Cannot find the base model of") });
      expect(lost.stderr).toMatch(/Pass the base as --model\.\n$/);
      const moved = { ...config, base_model_name_or_path: there };
      await writeFile(`${out}/adapter_config.json`, JSON.stringify(moved));
      expect(await ids("--adapter", out, "--prompt", "film")).toEqual(expect.any(Array));
    } finally {
      await rename(there, here);
    }
  });

  it("resumes training with the base and the template that it remembers", async () => {
    const data = work.write("rows.jsonl", jsonl([{ prompt: "film", completion: "fine" }]));
    await train(data, "--template", "alpaca");
    const more = ["--adapter", out, "--data", data, "--out", `${out}-more`, "--steps", "1"];
    expect((await work.call("train", ...more)).code).toBe(0);
    expect(await setup(`${out}-more`)).toEqual({ template: "alpaca", basePath: "../base" });
  });

  it("is used as usual if its settings are damaged, hostile or of another kind", async () => {
    const data = work.write("rows.jsonl", jsonl([{ prompt: "film", completion: "fine" }]));
    await train(data);
    const odd = [
      "{",
      "null",
      "[]",
      "x".repeat(300_000),
      JSON.stringify({ template: 7, system: {}, columns: ["a"], header: "b", basePath: 1 }),
      JSON.stringify({ columns: { __proto__: { a: 1 }, a: { b: 1 } }, header: Array(1000).fill("a") }),
      JSON.stringify({ basePath: "../base" }),
    ];
    for (const text of odd) {
      await writeFile(`${out}/lowrank_setup.json`, text);
      const used = ["--model", base, "--adapter", out, "--prompt", "film", "--max-new-tokens", "1"];
      const call = await work.call("generate", ...used);
      expect([call.code, text.slice(0, 40)]).toEqual([0, text.slice(0, 40)]);
    }
  });
});
