// Classifiers for numbers and for several classes a row, from their rows to the merged model that says what it is for.

import { cpSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

const tiny = ["--model", work.path("bert")];
cpSync(fixture("bert-seqcls", "base"), work.path("bert"), { recursive: true });
const tokenizer = fileURLToPath(new URL("../../../fixtures/questions/bert/tokenizer", import.meta.url));
cpSync(tokenizer, work.path("bert"), { recursive: true });

const quickly = ["--target-modules", "all-linear", "--learning-rate", "0.02", "--batch-size", "8", "--steps", "60"];
const colours = ["red", "old", "dog", "fox"];

/** Trains, evaluates, merges, evaluates the merged model. */
async function wholeWay(name: string, rows: readonly object[], ...options: readonly string[]) {
  const data = ["--data", work.write(`${name}.jsonl`, jsonl(rows))];
  const [out, merged] = [work.path(name), work.path(`${name}-merged`)];
  const trained = await work.call("train", ...tiny, ...data, "--out", out, ...quickly, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  const evaluated = await work.call("evaluate", ...tiny, "--adapter", out, ...data, "--json");
  expect(await work.call("merge", ...tiny, "--adapter", out, "--out", merged)).toMatchObject({ code: 0 });
  const again = await work.call("evaluate", "--model", merged, ...data, "--json");
  const config = JSON.parse(await readFile(`${merged}/config.json`, "utf8"));
  return { output: trained.stdout, found: evaluated.json[0] ?? {}, again: again.json[0] ?? {}, config, data };
}

describe("rows with a number", () => {
  const rows = colours.map((colour, index) => ({ text: `the ${colour}.`, label: index * 1.5 }));

  it("train a regression, which is measured by how its numbers go with the right ones", async () => {
    const { output, found, again, config } = await wholeWay("numbers", rows);
    expect(output).toContain("a number for each row (regression)");
    expect(found).toEqual({ engine: "cpu", rows: 4, loss: expect.any(Number), ...correlations });
    expect(found.pearson).toBeGreaterThan(0.9);
    expect(again.loss).toBeCloseTo(Number(found.loss), 3);
    expect(config).toMatchObject({ problem_type: "regression", id2label: { "0": "LABEL_0" } });
  });

  it("may all be whole if the option names the problem type, and the adapter remembers it", async () => {
    const whole = rows.map(({ text }, label) => ({ text, label }));
    const { found, data } = await wholeWay("whole", whole, "--problem-type", "regression");
    expect(found).toMatchObject(correlations);
    const further = ["--adapter", work.path("whole"), "--out", work.path("further"), "--steps", "1"];
    const { stdout, code } = await work.call("train", ...tiny, ...data, ...further);
    expect([code, stdout]).toEqual([0, expect.stringContaining("(regression)")]);
  });

  it("are read of a table, too, and of rows that are tokens", async () => {
    const table = work.write("numbers.csv", "text,label\nred,0.5\ngreen,2\n");
    const { stdout } = await work.call(...shell`train ${tiny} --data ${table} --out ${work.path("table")} --steps 1`);
    expect(stdout).toContain("(regression)");
    const tokens = work.write("numbers.jsonl", jsonl([{ input_ids: [3, 4, 5], labels: -0.5 }]));
    const bert = ["--model", fixture("bert-seqcls", "base"), "--data", tokens, "--out", work.path("tokens")];
    expect((await work.call("train", ...bert, "--steps", "1")).stdout).toContain("(regression)");
  });

  const correlations = { pearson: expect.any(Number), spearman: expect.any(Number) };
});

describe("rows with lists of classes", () => {
  const rows = colours.map((colour, index) => ({
    text: `the ${colour}.`,
    label: ["warm", "cold", "seen"].slice(index % 3),
  }));

  it("train a classifier with several classes for a row, or none", async () => {
    const all = [...rows, { text: "who sleeps", label: [] }];
    const { output, found, again, config } = await wholeWay("several", all);
    expect(output).toContain("3 classes, any number of them for each row: cold, seen, warm");
    const scores = { accuracy: expect.any(Number), f1Micro: expect.any(Number), f1Macro: expect.any(Number) };
    expect(found).toEqual({ engine: "cpu", rows: 5, loss: expect.any(Number), ...scores });
    expect(found.f1Micro).toBeGreaterThan(0.9);
    expect(again.f1Micro).toBe(found.f1Micro);
    const id2label = { "0": "cold", "1": "seen", "2": "warm" };
    expect(config).toMatchObject({ problem_type: "multi_label_classification", id2label });
  });

  it("are lists of JSON in a table", async () => {
    const table = work.write("lists.csv", 'text,label\nred,"[""a"", ""b""]"\ngreen,[]\n');
    const { stdout, stderr } = await work.call(
      ...["train", ...tiny, "--data", table, "--out", work.path("lists"), "--steps", "1"],
    );
    expect(stdout, stderr).toContain("2 classes, any number of them for each row: a, b");
  });
});

describe("rows whose labels do not go together", () => {
  it.each([
    ["[0, 1, 0]", [[0, 1, 0]], 'expected class numbers from 0 or class names for "label", each once'],
    ["a class among lists", [["a"], "b"], 'line 2: expected a list of class names, as in line 1, got the string "b"'],
    ["names in a regression", ["a", "b"], "row 1: expected a number: this is a regression", "regression"],
    ["a fraction as a class", [0, 0.5], "row 2: expected one class", "single_label_classification"],
    ["numbers below 0", [-1, 0], "for numbers to predict, use --problem-type regression)"],
  ])("are named: %s", async (_, labels, message, problem = "") => {
    const data = work.write("wrong.jsonl", jsonl(labels.map((label) => ({ text: "a", label }))));
    const type = problem === "" ? [] : ["--problem-type", problem];
    const refused = await work.call("train", ...tiny, "--data", data, "--out", work.path("wrong"), ...type);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  });
});
