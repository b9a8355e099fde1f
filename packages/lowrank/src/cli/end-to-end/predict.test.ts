// lowrank predict: each kind of head, on rows that come in each way.

import { cpSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { openModel } from "../../index.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

const bert = ["--model", work.path("bert")];
cpSync(fixture("bert-seqcls", "base"), work.path("bert"), { recursive: true });
const tokenizer = fileURLToPath(new URL("../../../fixtures/questions/bert/tokenizer", import.meta.url));
cpSync(tokenizer, work.path("bert"), { recursive: true });

const quickly = ["--target-modules", "all-linear", "--learning-rate", "0.02", "--batch-size", "8", "--steps", "60"];

async function train(name: string, rows: readonly object[], ...options: readonly string[]) {
  const data = work.write(`${name}.jsonl`, jsonl(rows));
  const out = work.path(name);
  const trained = await work.call("train", ...bert, "--data", data, "--out", out, ...quickly, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  return [...bert, "--adapter", out];
}

describe("lowrank predict", () => {
  const words = ["red", "old", "dog", "fox", "who sleeps"];
  const label = (word: string) => (word.length > 3 ? "long" : word.includes("o") ? "round" : "sharp");
  let model: readonly string[];
  beforeAll(async () => {
    model = await train(
      "classes",
      words.map((text) => ({ text, label: label(text) })),
    );
  }, 60_000);

  it("finds the column of texts that training was given, if there are no answers", async () => {
    const learned = work.write("reviews.csv", "review,stars\nred,good\nold,bad\n");
    const out = work.path("by-column");
    const columns = ["--columns", "sentence=review,label=stars", "--steps", "1"];
    await work.call("train", ...bert, "--data", learned, "--out", out, ...columns);
    const questions = work.write("asked.csv", "id,review\n7,dog\n");
    const { json, stderr } = await work.call("predict", ...bert, "--adapter", out, "--data", questions, "--json");
    expect(json, stderr).toMatchObject([{ id: "7", review: "dog", prediction: expect.stringMatching(/^(good|bad)$/) }]);
  });

  it("names classes with their probabilities, and keeps each row's columns, in order", async () => {
    const rows = [...words, ...words].map((text, id) => ({
      id,
      text: id === 7 ? `${text} `.repeat(9) : text,
      label: "?",
    }));
    const data = work.write("asked.jsonl", jsonl(rows));
    const { json, stderr } = await work.call("predict", ...model, "--data", data, "--batch-size", "3", "--json");
    expect(
      json.map(({ id }) => id),
      stderr,
    ).toEqual(rows.map(({ id }) => id));
    const found = json.filter(({ id }) => id !== 7);
    expect(found.map(({ prediction }) => prediction)).toEqual(
      rows.filter(({ id }) => id !== 7).map((row) => label(row.text)),
    );
    const classes = json[0]?.classes as readonly { readonly label: string; readonly probability: number }[];
    expect(classes.map((each) => each.label).sort()).toEqual(["long", "round", "sharp"]);
    expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(json[0]).toMatchObject({ type: "result", index: 0, text: "red", label: "?" });
  });

  it("writes a table whose first columns are the table's own, whole or not at all", async () => {
    const data = work.write("asked.csv", 'review,prediction\n"old, red",mine\nfox,yours\n');
    const out = work.path("answers.csv");
    const argv = [...model, "--data", data, "--columns", "text=review", "--out", out, "--top-k", "1"];
    const { code, stderr } = await work.call("predict", ...argv);
    expect(code, stderr).toBe(0);
    const lines = (await readFile(out, "utf8")).split("\n");
    expect(lines[0]).toBe("review,prediction,prediction_2,classes");
    expect(lines[1]).toMatch(/^"old, red",mine,\w+,"\[\{""label"":""\w+"",""probability"":[\d.]+\}\]"$/);
    expect(lines[2]).toMatch(/^fox,yours,round,/);
    expect(await work.call("predict", ...argv)).toMatchObject({ code: 1, stderr: expect.stringContaining("exists") });
    const wrong = await work.call("predict", ...argv.slice(0, -4), "--out", work.path("answers.txt"));
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("End it in .jsonl or .csv") });
  });

  it("predicts texts of the command and rows of standard input", async () => {
    const { stdout } = await work.call("predict", ...model, "--text", "dog", "red");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).prediction),
    ).toEqual(["round", "sharp"]);
    const { io, ...recording } = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" } });
    async function* stdin() {
      yield new TextEncoder().encode('{"text": "dog", "id": 1}\n{"text": "red", "id": 2}\n');
    }
    expect(await run(["predict", ...model, "--data", "-", "--json"], { ...io, stdin })).toBe(0);
    expect(recording.jsonLines()).toMatchObject([
      { id: 1, prediction: "round" },
      { id: 2, prediction: "sharp" },
    ]);
    expect(await work.call("predict", ...model)).toMatchObject({ code: 2, stderr: expect.stringContaining("--text") });
  });

  it("predicts numbers and sets of classes as the adapter was trained", async () => {
    const numbers = await train(
      "numbers",
      words.map((text, index) => ({ text, label: index + 0.5 })),
    );
    const scores = (await work.call("predict", ...numbers, "--text", ...words, "--json")).json;
    for (const [index, { prediction }] of scores.entries()) {
      expect(Math.abs(Number(prediction) - index - 0.5), words[index]).toBeLessThan(1);
    }
    const lists = await train(
      "lists",
      words.map((text, index) => ({ text, label: ["first", "second"].slice(index % 3) })),
    );
    const { json } = await work.call("predict", ...lists, "--text", "red", "dog", "--json");
    expect(json.map(({ prediction }) => [...(prediction as string[])].sort())).toEqual([["first", "second"], []]);
  });

  it("has a class for each word of a text, with its characters", async () => {
    const task = ["--task", "token-classification"];
    const rows = [
      { input_ids: [2, 30, 20, 3], labels: [-100, 0, 1, -100] },
      { input_ids: [2, 31, 21, 3], labels: [-100, 0, 1, -100] },
    ];
    const tokens = await train("tokens", rows, ...task);
    const { json, stderr } = await work.call("predict", ...tokens, "--text", "the dog sleeps", "--json");
    const found = json[0]?.prediction as readonly Record<string, unknown>[];
    expect(
      found.map(({ text, start, end }) => [text, start, end]),
      stderr,
    ).toEqual([
      ["the", 0, 3],
      ["dog", 4, 7],
      ["sleeps", 8, 14],
    ]);
    expect(found[0]).toMatchObject({ label: expect.stringMatching(/^LABEL_[01]/), probability: expect.any(Number) });
  });

  it("finds answers in texts, and refuses rows that the head has no answer to", async () => {
    const context = "The dog sleeps, the fox is old.";
    const answers = (text: string) => ({ text: [text], answer_start: [context.indexOf(text)] });
    const rows = [
      { question: "who sleeps", context, answers: answers("The dog") },
      { question: "who is old", context, answers: answers("the fox") },
    ];
    const trained = await train("answers", rows);
    const data = work.write("questions.jsonl", jsonl(rows.map(({ answers: _, ...row }) => row)));
    const { json, stderr } = await work.call("predict", ...trained, "--data", data, "--top-k", "2", "--json");
    expect(json, stderr).toMatchObject([{ prediction: "The dog" }, { prediction: "the fox" }]);
    expect(json[1]?.answers).toMatchObject([{ text: "the fox", start: 16, end: 23 }, {}]);
    expect(await work.call("predict", ...trained, "--text", "the dog")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('A model for question-answering cannot answer a "sentence" row.'),
    });
    const gpt2 = await work.call("predict", "--model", fixture("gpt2", "base"), "--text", "the dog");
    expect(gpt2).toMatchObject({ code: 1, stderr: expect.stringContaining("Predicting") });
  });

  it("predicts which of several answers fits a question best, for any number of them", async () => {
    // A cross-encoder and a multiple choice of BERT's have the same weights: the fixture's logits are sentence-transformers'.
    const reranker = fileURLToPath(new URL("../../../fixtures/reranker", import.meta.url));
    await cp(reranker, work.path("choosing"), { recursive: true });
    const config = JSON.parse(await readFile(work.path("choosing", "config.json"), "utf8"));
    work.write("choosing/config.json", JSON.stringify({ ...config, architectures: ["BertForMultipleChoice"] }));
    const { logits } = JSON.parse(await readFile(work.path("choosing", "expected.json"), "utf8")) as {
      logits: number[];
    };
    const rows = (await readFile(`${reranker}/rows.jsonl`, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const choices = rows.map(({ positive, negative_1, negative_2 }) => [positive, negative_1, negative_2]);
    const questions = rows.map(({ query: question }, row) => ({ question, choices: choices[row], answer: 0 }));
    const model = ["--model", work.path("choosing"), "--batch-size", "5"];
    const data = work.write("choices.jsonl", jsonl([...questions, { question: "It", choices: { text: ["is"] } }]));
    const { json, stderr } = await work.call("predict", ...model, "--data", data, "--json");
    expect(json, stderr).toHaveLength(5);
    for (const [row, texts] of choices.entries()) {
      const own = logits.slice(3 * row, 3 * row + 3).map(Math.exp);
      const best = own.indexOf(Math.max(...own));
      expect(json[row]).toMatchObject({ ...questions[row], prediction: texts[best], choice: best });
      const [first] = (json[row]?.classes ?? []) as { probability: number }[];
      expect(first?.probability).toBeCloseTo((own[best] ?? 0) / own.reduce((sum, each) => sum + each, 0), 4);
    }
    const table = work.write("choices.csv", 'sent1,sent2,ending0,ending1\nIs it rain?,It,is rain.,"my password"\n');
    const out = work.path("chosen.csv");
    expect(await work.call("predict", ...model, "--data", table, "--out", out)).toMatchObject({ code: 0 });
    expect(await readFile(out, "utf8")).toMatch(/^sent1,sent2,ending0,ending1,prediction,choice,classes\n/);
    const wrong = work.write("wrong.jsonl", jsonl([{ question: "It", choices: "is" }]));
    const refused = await work.call("predict", ...model, "--data", wrong);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('a list of texts for "choices"') });
  });

  it("holds no more rows than a few batches, of rows that never end", async () => {
    const opened = await openModel(work.path("bert"), { engine: false });
    let made = 0;
    async function* endless() {
      for (;;) yield { text: "the dog", id: made++ };
    }
    for await (const { row } of opened.predict(endless(), { batchSize: 1 })) {
      expect(made - Number(row.id)).toBeLessThan(40);
      if (row.id === 50) break;
    }
    opened.dispose();
  });
});
