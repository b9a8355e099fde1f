import { readFileSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

const folder = (name: string, ...parts: readonly string[]) =>
  fileURLToPath(new URL(`../../../fixtures/adapter-heads/${[name, ...parts].join("/")}`, import.meta.url));

interface Facts {
  readonly base: string;
  readonly inputs: object;
  readonly shape: readonly number[];
  readonly logits: readonly number[];
}

/** expected.json of a case, which this repository wrote itself. */
function factsOf(name: string): Facts {
  return JSON.parse(readFileSync(folder(name, "expected.json"), "utf8"));
}

async function forward(name: string, argv: readonly string[], inputs: object) {
  const file = work.write(`${name}.json`, JSON.stringify(inputs));
  const out = work.path(`${name}.safetensors`);
  const call = await work.call("forward", ...argv, "--inputs", file, "--out", out, "--overwrite", "--json");
  expect([call.code, call.stderr]).toEqual([0, expect.not.stringContaining("error")]);
  const tensors = await openSafetensors(bytesSource(await readFile(out), out));
  return { shape: tensors.tensors.get("logits")?.shape, logits: [...(await tensors.readFloat32("logits"))] };
}

/** The tolerance against PEFT that holds for logits in the whole project. */
function expectLogits(got: readonly number[], expected: readonly number[]): void {
  const largest = expected.reduce((max, value, work) => Math.max(max, Math.abs(value - (got[work] ?? 0))), 0);
  expect([got.length, largest < 1e-4]).toEqual([expected.length, true]);
}

describe("an adapter whose head the base's files do not name", () => {
  it.each(["roberta-seq-cls", "roberta-token-cls", "roberta-question-ans", "gpt2-token-cls", "t5-question-ans"])(
    "computes as in PEFT, and as a merged model: %s",
    async (name) => {
      const { base, inputs, shape, logits } = factsOf(name);
      const both = ["--model", fixture("..", base, "base"), "--adapter", folder(name, "adapter")];
      const adapted = await forward(name, both, inputs);
      expect(adapted.shape).toEqual(shape);
      expectLogits(adapted.logits, logits);
      const merged = work.path(`merged-${name}`);
      const { code, stderr } = await work.call("merge", ...both, "--out", merged);
      expect([code, stderr]).toEqual([0, ""]);
      expectLogits((await forward(name, ["--model", merged], inputs)).logits, logits);
    },
  );

  it("is refused if the base's family has no such head, by name", async () => {
    const both = ["--model", fixture("llama-gqa", "base"), "--adapter", fixture("t5", "adapter")];
    const { code, stderr } = await work.call("generate", ...both, "--prompt", "a");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("trained for SEQ_2_SEQ_LM, but llama models have no such"),
    ]);
  });

  it("is refused for rows of another task", async () => {
    const { base } = factsOf("roberta-token-cls");
    const both = ["--model", fixture("..", base, "base"), "--adapter", folder("roberta-token-cls", "adapter")];
    const data = work.write("rows.jsonl", jsonl([{ input_ids: [5, 6], labels: 1 }]));
    const { code, stderr } = await work.call("evaluate", ...both, "--data", data);
    expect([code, stderr]).toEqual([1, expect.stringContaining("for TOKEN_CLS, so it cannot be used for sequence-cl")]);
  });

  it("is refused if a part of it is random, with that part's name", async () => {
    const { base, inputs } = factsOf("bert-without-pooler");
    const both = ["--model", fixture("..", base, "base"), "--adapter", folder("bert-without-pooler", "adapter")];
    const file = work.write("pooler.json", JSON.stringify(inputs));
    const { code, stderr } = await work.call("forward", ...both, "--inputs", file, "--out", work.path("no"));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("has bert.pooler.dense.weight, bert.pooler.dense.bias"),
    ]);
  });
});

describe("lowrank train --task", () => {
  const rows = [
    { input_ids: [5, 6, 7, 8], labels: [0, 1, -100, 4] },
    { input_ids: [8, 7, 6], labels: [4, -100, 1] },
  ];

  it.each(["roberta-mlm", "gpt2", "t5"])(
    "makes, saves, reads and merges a classifier of tokens that the base lacks: %s",
    async (name) => {
      const [data, out] = [work.write("tokens.jsonl", jsonl(rows)), work.path(`tokens-${name}`)];
      const model = ["--model", fixture(name, "base")];
      const steps = ["--task", "token-classification", "--steps", "40", "--learning-rate", "0.02"];
      const train = await work.call("train", ...model, "--data", data, "--out", out, ...steps);
      expect([train.code, train.stderr]).toEqual([0, expect.not.stringContaining("error")]);
      expect(train.stdout).toContain(
        "The base has no classifier: classifier.weight, classifier.bias initialized from seed",
      );
      const both = [...model, "--adapter", out];
      const { json } = await work.call("evaluate", ...both, "--data", data, "--json");
      expect(json[0]).toMatchObject({ engine: "cpu", rows: 2, loss: expect.any(Number), accuracy: 1, f1: 1 });
      const merged = work.path(`tokens-merged-${name}`);
      expect(await work.call("merge", ...both, "--out", merged)).toMatchObject({ code: 0 });
      const again = await work.call("evaluate", "--model", merged, "--data", data, "--json");
      expect(again.json[0]).toMatchObject({ accuracy: 1, loss: expect.closeTo(Number(json[0]?.loss), 4) });
    },
  );

  it("trains a language model from a base that names none, if the head is tied", async () => {
    await cp(fixture("gpt2", "base"), work.path("headless"), { recursive: true });
    const config = JSON.parse(await readFile(fixture("gpt2", "base", "config.json"), "utf8"));
    work.write("headless/config.json", JSON.stringify({ ...config, architectures: ["GPT2Model"] }));
    const data = work.write("text.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));
    const argv = ["--model", work.path("headless"), "--data", data, "--steps", "1"];
    expect(await work.call("train", ...argv, "--out", work.path("none"))).toMatchObject({ code: 1 });
    const out = work.path("language");
    expect(await work.call("train", ...argv, "--out", out, "--task", "causal-lm")).toMatchObject({ code: 0 });
    const { json } = await work.call("evaluate", ...argv.slice(0, 4), "--adapter", out, "--json");
    expect(json[0]).toMatchObject({ rows: 1, perplexity: expect.any(Number) });
  });

  it("refuses rows that the head cannot learn from, and a class that a continued classifier lacks", async () => {
    const data = work.write("tokens.jsonl", jsonl(rows));
    const out = ["--data", data, "--out", work.path("refused"), "--steps", "1"];
    const base = ["--model", fixture("roberta-mlm", "base")];
    const rowsCall = await work.call("train", ...base, ...out, "--task", "sequence-classification");
    expect([rowsCall.code, rowsCall.stderr]).toEqual([
      2,
      expect.stringContaining("--task sequence-classification needs rows with one label for the whole row"),
    ]);
    const more = work.write("more.jsonl", jsonl([{ input_ids: [5, 6], labels: [-100, 7] }]));
    const adapter = ["--adapter", folder("roberta-token-cls", "adapter"), "--data", more];
    const { code, stderr } = await work.call("train", ...base, ...adapter, ...out.slice(2));
    expect([code, stderr]).toEqual([1, expect.stringContaining("row 1: expected a class number from 0 to 6")]);
  });
});
