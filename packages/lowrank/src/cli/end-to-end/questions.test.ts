// Questions about texts, against what transformers' run_qa.py, PEFT and SQuAD's script make of the same rows
// (fixtures/make_questions.py).

import { cpSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openTokenizer } from "@lowrank/data";
import { type QuestionExample, tokenizeQuestion } from "@lowrank/data/internal";
import { readDataFile } from "@lowrank/data/node";
import { openFolder } from "@lowrank/models/node";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const folder = (...parts: readonly string[]) =>
  fileURLToPath(new URL(`../../../fixtures/questions/${parts.join("/")}`, import.meta.url));

interface Facts {
  readonly max_length: number;
  readonly learning_rate: number;
  readonly ids: readonly (readonly number[])[];
  readonly places: readonly (readonly [number, number])[];
  readonly losses: readonly number[];
  readonly trained: { readonly loss: number; readonly exact_match: number; readonly f1: number };
}

/** expected.json of a case, which this repository wrote itself. */
function factsOf(name: string): Facts {
  return JSON.parse(readFileSync(folder(name, "expected.json"), "utf8"));
}

const work = makeWorkspace();
const bases = { bert: "bert-seqcls", roberta: "roberta-mlm" };
for (const [name, base] of Object.entries(bases)) {
  cpSync(fixture(base, "base"), work.path(name), { recursive: true });
  cpSync(folder(name, "tokenizer"), work.path(name), { recursive: true });
}

describe.each(["bert", "roberta"])("questions about texts (%s)", (name) => {
  it("are the tokens and the positions of run_qa.py", async () => {
    const { ids, places, max_length: maxLength } = factsOf(name);
    const tokenizer = await openTokenizer(openFolder(work.path(name)));
    const rows = await readDataFile(folder(name, "rows.jsonl"));
    const questions = rows.filter((row): row is QuestionExample => row.kind === "question");
    const tokenized = questions.map((row) => tokenizeQuestion(row, tokenizer, { maxLength }));
    expect(tokenized.map(({ tokens }) => tokens.inputIds)).toEqual(ids);
    expect(tokenized.map(({ tokens }) => [tokens.start, tokens.end])).toEqual(places);
    expect(tokenized.map(({ isCut }) => isCut)).toEqual([false, false, false, true, false]);
  });

  it("train with PEFT's losses without padding, and report which answers were cut off", async () => {
    const { losses, max_length, learning_rate } = factsOf(name);
    const files = ["--data", folder(name, "rows.jsonl"), "--adapter", folder(name, "adapter")];
    const rate = ["--learning-rate", `${learning_rate}`, "--schedule", "constant", "--warmup-steps", "0"];
    const out = work.path(`${name}-trained`);
    const { code, stderr } = await work.call(
      ...["train", "--model", work.path(name), ...files, "--out", out, ...rate, "--batch-size", "8"],
      ...["--max-length", `${max_length}`, "--steps", `${losses.length}`],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`"${folder(name, "rows.jsonl")}": 1. They are not in the first ${max_length} tokens`);
    const lines = (await readFile(`${out}/metrics.jsonl`, "utf8")).trim().split("\n");
    const got = lines.map((line): number => JSON.parse(line).loss);
    const largest = losses.reduce((max, loss, step) => Math.max(max, Math.abs(loss - (got[step] ?? 0))), 0);
    expect([got.length, largest < 1e-5], String(got)).toEqual([losses.length, true]);
  });

  it("are answered with the exact match and F1 that SQuAD's script counts", async () => {
    const { trained, max_length } = factsOf(name);
    const both = ["--model", work.path(name), "--adapter", folder(name, "trained")];
    const data = ["--data", folder(name, "rows.jsonl"), "--max-length", `${max_length}`, "--batch-size", "8"];
    const { json, stderr } = await work.call("evaluate", ...both, ...data, "--json");
    expect(json[0], stderr).toEqual({
      engine: "cpu",
      rows: 5,
      loss: expect.closeTo(trained.loss, 4),
      exactMatch: expect.closeTo(trained.exact_match, 8),
      f1: expect.closeTo(trained.f1, 8),
    });
  });
});

describe("lowrank train on questions", () => {
  const context = "The dog sleeps, the fox is old.";
  const questions = [
    { question: "Who sleeps?", context, answers: { text: ["The dog"], answer_start: [0] } },
    { question: "Who is old?", context, answers: { text: ["the fox"], answer_start: [16] } },
  ];

  it("makes a head and an adapter for QUESTION_ANS, learns the answers, and merges both", async () => {
    const data = work.write("learned.jsonl", jsonl(questions));
    const out = work.path("learned");
    const model = ["--model", work.path("roberta")];
    const steps = ["--steps", "60", "--learning-rate", "0.02", "--target-modules", "all-linear"];
    const trained = await work.call("train", ...model, "--data", data, "--out", out, ...steps);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toContain("qa_outputs.weight, qa_outputs.bias initialized from seed 0");
    expect(JSON.parse(await readFile(`${out}/adapter_config.json`, "utf8"))).toMatchObject({
      task_type: "QUESTION_ANS",
    });
    const evaluated = await work.call("evaluate", ...model, "--adapter", out, "--data", data, "--json");
    expect(evaluated.json[0], evaluated.stderr).toMatchObject({ rows: 2, exactMatch: 100, f1: 100 });
    const merged = work.path("merged");
    expect(await work.call("merge", ...model, "--adapter", out, "--out", merged)).toMatchObject({ code: 0 });
    const again = await work.call("evaluate", "--model", merged, "--data", data, "--json");
    expect(again.json[0], again.stderr).toMatchObject({ exactMatch: 100 });
  });

  it("accepts rows of tokens", async () => {
    const rows = [
      { input_ids: [0, 5, 6, 2, 2, 7, 8, 9, 2], start_positions: 5, end_positions: 6 },
      { input_ids: [0, 5, 2, 2, 7, 8, 2], start_positions: 0, end_positions: 0 },
    ];
    const data = work.write("spans.jsonl", jsonl(rows));
    const argv = ["--model", fixture("roberta-mlm", "base"), "--data", data];
    const out = work.path("spans");
    const trained = await work.call("train", ...argv, "--out", out, "--steps", "1", "--task", "question-answering");
    expect(trained.code, trained.stderr).toBe(0);
    const { json } = await work.call("evaluate", ...argv, "--adapter", out, "--json");
    expect(json[0]).toEqual({
      engine: "cpu",
      rows: 2,
      loss: expect.any(Number),
      exactMatch: expect.any(Number),
      f1: expect.any(Number),
    });
  });

  it("names the rows that it cannot use", async () => {
    const wrong = { question: "Who?", context, answers: { text: ["the fox"], answer_start: [15] } };
    const model = ["--model", work.path("roberta"), "--out", work.path("refused")];
    const misplaced = work.write("misplaced.jsonl", jsonl([...questions, wrong]));
    expect(await work.call("train", ...model, "--data", misplaced)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line 3: expected "answers".text[0] in the context'),
    });
    const long = { question: "Who is old? ".repeat(40), context, answers: { text: [], answer_start: [] } };
    const crowded = work.write("crowded.jsonl", jsonl([...questions, long]));
    expect(await work.call("train", ...model, "--data", crowded, "--max-length", "24")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/row 3: expected a question .*leaves no room for the text/),
    });
    const mixed = work.write("mixed.jsonl", jsonl([...questions, { text: "a text" }]));
    expect(await work.call("train", ...model, "--data", mixed)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("row 3: expected a row with a question and the position of its answer"),
    });
    const data = work.write("good.jsonl", jsonl(questions));
    expect(await work.call("train", ...model, "--data", data, "--task", "causal-lm")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("has rows with a question and the position of its answer"),
    });
  });
});
