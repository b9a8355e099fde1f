import { cp } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

/** The tokens of the fixture as words w1 … w99, with w7 for the end of a text (no mark that decoding leaves out). */
const tokenizer = {
  model: {
    type: "WordLevel",
    vocab: { "[UNK]": 0, ...Object.fromEntries(Array.from({ length: 99 }, (_, id) => [`w${id + 1}`, id + 1])) },
    unk_token: "[UNK]",
  },
  pre_tokenizer: { type: "Whitespace" },
  added_tokens: [],
};

describe("lowrank evaluate", () => {
  it("ends a continuation like generate: at the tokenizer's end token, and at generation_config.json's", async () => {
    await cp(fixture("gpt2", "base"), work.path("base"), { recursive: true });
    work.write("base/tokenizer.json", JSON.stringify(tokenizer));
    // The fixture writes w61 three times and w7 from then on after w11, and w84 without an end after w60.
    const rows = [
      { prompt: "w11", completion: "w61 w61 w61 w7" },
      { prompt: "w60", completion: Array(8).fill("w84").join(" ") },
    ];
    const data = ["--data", work.write("rows.jsonl", jsonl(rows)), "--max-new-tokens", "8", "--generate"];
    const scoreOf = async () => {
      const { json, stderr } = await work.call("evaluate", "--model", work.path("base"), ...data, "--json");
      return json[0]?.bleu ?? stderr;
    };
    work.write("base/tokenizer_config.json", JSON.stringify({ eos_token: "w7" }));
    expect(await scoreOf()).toBeCloseTo(100, 8);
    work.write("base/tokenizer_config.json", "{}");
    work.write("base/generation_config.json", '{"eos_token_id": [7]}');
    expect(await scoreOf()).toBeCloseTo(100, 8);
  });

  it("leaves empty prompts out of BLEU and truncates those that are too long, with a warning", async () => {
    await cp(fixture("gpt2", "base"), work.path("short"), { recursive: true });
    work.write("short/tokenizer.json", JSON.stringify(tokenizer));
    const rows = [
      { prompt: "", completion: "w1 w2" },
      { prompt: `${"w60 ".repeat(40)}w11`, completion: "w61" },
    ];
    const data = ["--data", work.write("odd.jsonl", jsonl(rows)), "--max-new-tokens", "8", "--generate"];
    const { code, stderr, json } = await work.call("evaluate", "--model", work.path("short"), ...data, "--json");
    expect([code, typeof json[0]?.bleu], stderr).toEqual([0, "number"]);
    expect(stderr).toContain('BLEU ignores empty prompts: 1 in "');
    expect(stderr).toContain("that lost their beginning: 1. The model has positions for 24 prompt tokens");
  });

  it("reports before it computes that rows of tokens have nothing to compare with", async () => {
    const data = work.write("ready.jsonl", jsonl([{ input_ids: [5, 6] }]));
    const call = await work.call("evaluate", "--model", "nowhere", "--data", data, "--generate");
    expect(call).toMatchObject({ code: 1, stderr: expect.stringContaining("--generate needs rows with a prompt") });
  });

  it("has room for rows if a model's positions are unlimited", async () => {
    const row = { input_ids: [5, 6, 7, 8, 9, 1], labels: [5, 6, 7, 8, 9, 1] };
    const data = work.write("tokens.jsonl", jsonl([row]));
    const { code, json } = await work.call("evaluate", "--model", fixture("t5", "base"), "--data", data, "--json");
    expect([code, json[0]?.rows]).toEqual([0, 1]);
  });

  it("refuses rows with a label for each token, for a classifier of texts", async () => {
    const data = work.write("token-labels.jsonl", jsonl([{ input_ids: [4, 5, 6], labels: [0, 1, 0] }]));
    const model = ["--model", fixture("bert-seqcls", "base")];
    expect(await work.call("evaluate", ...model, "--data", data)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Evaluating on rows with a label for each token"),
    });
  });

  it("names the row whose class the classifier does not have", async () => {
    const rows = [2, 3].map((labels) => ({ input_ids: [5, 6], labels }));
    const data = work.write("classes.jsonl", jsonl(rows));
    const { code, stderr } = await work.call("evaluate", "--model", fixture("bert-seqcls", "base"), "--data", data);
    expect(code).toBe(1);
    expect(stderr).toContain("row 2: expected a class number from 0 to 2, the classes of the classifier, got 3");
  });
});
