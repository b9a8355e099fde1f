// lowrank chat as a program has it: lines on standard input, lines of JSON on standard output; and generate's files of prompts.

import { cp, readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { makeWorkspace, shell, tiny } from "./workspace.ts";

const template =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

const work = makeWorkspace();
let model: string;

beforeAll(async () => {
  model = work.path("model");
  await cp(tiny, model, { recursive: true });
  await writeFile(work.path("model", "chat_template.jinja"), template);
  work.write("rows.jsonl", `${JSON.stringify({ prompt: "name[Aromi] ->", completion: " Aromi is a pub." })}\n`);
  for (const name of ["one", "two"]) {
    const { code } = await work.call(
      ...["train", "--model", model, "--data", work.path("rows.jsonl"), "--out", work.path(name)],
      ...["--steps", "3", "--learning-rate", name === "one" ? "0.05" : "0.02", "--target-modules", "all-linear"],
    );
    expect(code).toBe(0);
  }
}, 120_000);

async function talk(lines: readonly string[], ...more: readonly string[]) {
  const stdin = async function* () {
    yield new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  };
  const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" }, stdin });
  const on = more.includes("--model") ? [] : ["--model", model];
  const argv = ["chat", ...on, "--max-new-tokens", "6", "--json", ...more];
  const code = await run(argv, recording.io);
  return { code, events: recording.jsonLines(), stderr: recording.stderr() };
}

describe("lowrank chat", () => {
  it("answers turn by turn like generate answers the whole conversation", async () => {
    const { code, events } = await talk(["Hello", "And now?"], "--system", "Be kind.");
    expect(code).toBe(0);
    const answers = events.filter(({ type }) => type === "answer").map(({ text }) => String(text));
    expect(answers).toHaveLength(2);
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: answers[0] },
      { role: "user", content: "And now?" },
    ];
    const file = work.write("prompts.jsonl", JSON.stringify({ messages }));
    const { json } = await work.call(...shell`generate --model ${model} --prompts ${file} --max-new-tokens 6 --json`);
    expect(json.find(({ type }) => type === "result")?.text).toBe(answers[1]);
  });

  it("lets another adapter answer, in part or not at all, and repeats the question", async () => {
    const lines = [
      "Hello",
      "/adapter two",
      "/retry",
      "/adapter none",
      "/retry",
      "/adapter one 0",
      "/retry",
      "/adapter one",
      "/retry",
    ];
    const { events } = await talk(lines, "--adapter", work.path("one"), `two=${work.path("two")}`);
    const [one, two, none, nothing, again] = events.filter(({ type }) => type === "answer").map(({ text }) => text);
    expect(new Set([one, two, none]).size).toBe(3);
    expect(nothing).toBe(none);
    expect(again).toBe(one);
  });

  it("lets a base without a template answer with the earlier adapter's, and refuses if there is none", async () => {
    const vicuna = work.path("vicuna");
    const taught = ["train", "--model", tiny, "--data", work.path("rows.jsonl"), "--out", vicuna];
    expect((await work.call(...taught, "--template", "vicuna", "--steps", "1")).code).toBe(0);
    const lines = ["/adapter none", "Hello", "/adapter vicuna", "/retry"];
    const { events } = await talk(lines, "--model", tiny, "--adapter", vicuna);
    const [base] = events.filter(({ type }) => type === "answer").map(({ text }) => text);
    const { events: told } = await talk(["Hello"], "--model", tiny, "--template", "vicuna");
    expect(events.filter(({ type }) => type === "mistake")).toEqual([]);
    expect(base).toBe(told.find(({ type }) => type === "answer")?.text);
    const { events: alone } = await talk(["Hello"], "--model", tiny);
    expect(alone.at(-1)).toMatchObject({ type: "mistake", message: expect.stringContaining("no chat_template") });
  });

  it("lets adapters answer together as their weighted sum, from the beginning if one has a weight", async () => {
    const both = [`${work.path("one")}:0.7`, work.path("two")];
    const lines = ["Hello", "/adapter none", "/retry", "/adapter one 0.7 two", "/retry", "/adapter one nobody"];
    const { events } = await talk(lines, "--adapter", ...both);
    const [first, base, again] = events.filter(({ type }) => type === "answer").map(({ text }) => text);
    expect(first).not.toBe(base);
    expect(again).toBe(first);
    expect(events.at(-1)).toMatchObject({ type: "mistake", message: expect.stringContaining('no adapter "nobody"') });
  });

  it("saves the conversation as a training row, and continues after mistakes", async () => {
    const saved = work.path("talk.jsonl");
    const lines = [
      "/retry",
      "/adapter nobody",
      "/what",
      "/save /nowhere/at/all",
      "Hello",
      `/save ${saved}`,
      "/clear",
      "/messages",
      "/exit",
      "not heard",
    ];
    const { code, events } = await talk(lines);
    expect(code).toBe(0);
    expect(events.filter(({ type }) => type === "mistake")).toHaveLength(4);
    const row = JSON.parse(await readFile(saved, "utf8"));
    expect(row.messages.map(({ role }: { role: string }) => role)).toEqual(["user", "assistant"]);
    expect(events.at(-1)).toEqual({ type: "messages", messages: [] });
  });

  it("ends with the model's own reason if there is no chat template, and continues with a named one", async () => {
    const stdin = ["Hello"];
    const { events } = await talk(stdin, "--template", "vicuna");
    expect(events.at(-1)).toMatchObject({ type: "answer", reason: "length" });
    const { events: plain } = await talk([...stdin, "Again"], "--template", "plain");
    expect(plain.filter(({ type }) => type === "answer")).toHaveLength(2);
  });
});

describe("lowrank generate", () => {
  it("reports token probabilities, of prompts from a file in several batches", async () => {
    const file = work.write("lines.txt", "Aromi is\nThe Mill\nZizzi\n");
    const { json } = await work.call(
      ...["generate", "--model", model, "--prompts", file, "--batch-size", "2", "--max-new-tokens", "3"],
      ...["--logprobs", "2", "--json"],
    );
    const results = json.filter(({ type }) => type === "result");
    expect(results.map(({ prompt, reason }) => [prompt, reason])).toEqual([
      ["Aromi is", "length"],
      ["The Mill", "length"],
      ["Zizzi", "length"],
    ]);
    const token = json.find(({ type, prompt }) => type === "token" && prompt === 2);
    expect(token).toMatchObject({ logprob: expect.any(Number), top: [{ text: expect.any(String) }, {}] });
  });

  it("samples with the folder's generation_config.json, and reports it", async () => {
    const folder = work.path("sampled");
    await cp(tiny, folder, { recursive: true });
    const settings = { do_sample: true, temperature: 1.5, top_k: 7, max_new_tokens: 5 };
    await writeFile(work.path("sampled", "generation_config.json"), JSON.stringify(settings));
    const options = ["--prompt", "Aromi is", "--seed", "3", "--json"];
    const [byFile, byOptions, greedy, plain] = [
      await work.call("generate", "--model", folder, ...options),
      await work.call(
        ...["generate", "--model", tiny, ...options, "--temperature", "1.5", "--top-k", "7", "--max-new-tokens", "5"],
      ),
      await work.call("generate", "--model", folder, ...options, "--temperature", "0"),
      await work.call("generate", "--model", tiny, ...options, "--max-new-tokens", "5"),
    ];
    expect(byFile.json.at(-1)).toEqual(byOptions.json.at(-1));
    expect(greedy.json.at(-1)).toEqual(plain.json.at(-1));
    expect(byFile.json.at(-1)).not.toEqual(plain.json.at(-1));
    expect(byFile.stderr).toContain("generation_config.json: temperature 1.5, top_k 7, max_new_tokens 5");
    expect(plain.stderr).not.toContain("generation_config");
  });

  it("wants a prompt", async () => {
    const { code, stderr } = await work.call("generate", "--model", model);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--prompt")]);
  });
});
