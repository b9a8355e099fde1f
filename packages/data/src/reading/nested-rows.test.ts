import { describe, expect, it } from "vitest";
import { readJson } from "./read-json.ts";
import { readJsonl } from "./read-jsonl.ts";

describe("files with nested rows", () => {
  it("are read if they are SQuAD's own, also without answers", () => {
    const answers = [{ text: "Paris", answer_start: 0 }];
    const qas = [
      { id: "1", question: "Where?", answers },
      { id: "2", question: "Who?", answers: [], is_impossible: true },
    ];
    const squad = { version: "2.0", data: [{ title: "x", paragraphs: [{ context: "Paris is big.", qas }] }] };
    const context = "Paris is big.";
    expect(readJson(JSON.stringify(squad))).toEqual([
      { kind: "question", question: "Where?", context, answers: [{ text: "Paris", start: 0 }] },
      { kind: "question", question: "Who?", context, answers: [] },
    ]);
    qas[0]!.answers = [{ text: "Rome", answer_start: 0 }];
    expect(() => readJson(JSON.stringify(squad))).toThrow(/row 1: expected "answers".text\[0\] in the context/);
  });

  it("are read if they are Alpaca's seed tasks, an example for each instance", () => {
    const instances = [
      { input: "a", output: "A" },
      { input: "", output: "B" },
    ];
    const task = { id: "seed_task_0", name: "x", instruction: "Do.", instances, is_classification: false };
    expect(readJsonl(JSON.stringify(task))).toEqual([
      { kind: "instruction", instruction: "Do.", input: "a", output: "A" },
      { kind: "instruction", instruction: "Do.", input: "", output: "B" },
    ]);
    expect(() => readJsonl(JSON.stringify({ ...task, instances: [] }))).toThrow('the keys "id", "name"');
  });
});
