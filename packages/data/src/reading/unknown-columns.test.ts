import { describe, expect, it } from "vitest";
import type { DataError } from "../errors.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonl } from "./read-jsonl.ts";

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("columns that nobody knows", () => {
  it.each([
    ["mr,ref", 'If they are prompt and completion, say so with `columns: { prompt: "mr", completion: "ref" }`.'],
    ["review,sentiment", 'with `columns: { sentence: "review", label: "sentiment" }`'],
    ["id,question,answer", 'with `columns: { prompt: "question", completion: "answer" }`'],
    ["von,nach", 'with `columns: { prompt: "von", completion: "nach" }`'],
    [
      "review,verdict",
      'If they are sentence and label, say so with `columns: { sentence: "review", label: "verdict" }`; if prompt and completion, with `columns: { prompt: "review", completion: "verdict" }`.',
    ],
    ["ticket,topics", '; if sentence and label, with `columns: { sentence: "ticket", label: "topics" }`.'],
    ["a,b,c", "Say which column is which field"],
    [
      "promt,completion",
      'are prompt and completion, say so with `columns: { prompt: "promt", completion: "completion" }`.',
    ],
    ["id,sentence1,sentnce2,label", '`columns: { sentence1: "sentence1", sentence2: "sentnce2", label: "label" }`.'],
    [
      "prompt,x,y",
      'The nearest form is prompt/completion; it lacks completion: if a column is that, say so with `columns: { prompt: "prompt", completion: "…" }`.',
    ],
    ["prompt,id,x", "The nearest form is prompt/completion"],
    ["chosen,x,y", 'with `columns: { chosen: "chosen", rejected: "…" }`.'],
    ["prompt", "The nearest form is prompt/completion; it lacks completion."],
    ["it is a rather long sentence,1", "If its first line is a row already"],
  ])("says once of rows with the columns %s what to do", (names, advice) => {
    const row = names.split(",").map(() => "x");
    const error = caught(() => readCsv([names, ...Array(50).fill(row.join(","))].join("\n"))) as DataError;
    expect(error.problems).toHaveLength(1);
    expect(error).toMatchObject({ count: 50, problems: [{ row: 2, more: 49 }] });
    const [what, todo, where, ...rest] = error.message.split("\n");
    expect(what).toContain("50 lines of it are broken.");
    expect(todo).toContain(advice);
    expect(where).toContain("line 2 and 49 more: expected a row of a known form, such as prompt/completion,");
    expect(where).toMatch(/got the keys "[^"]+".{0,80}$/);
    expect(rest).toEqual([]);
    expect(error.message).not.toContain("Mend or remove");
  });

  it("proposes no list as a text", () => {
    const tagged = JSON.stringify({ tokens: ["Anna", "sings"], ner_tags: [1, 0] });
    const message = (caught(() => readJsonl(tagged)) as Error).message;
    expect(message).toContain(
      "None of them is a text. Rows of words and their tags are trained as `input_ids` and `labels`",
    );
    expect(message).not.toContain("columns: {");
    const mixed = JSON.stringify({ id: [1], question: "a", answer: "b" });
    expect((caught(() => readJsonl(mixed)) as Error).message).toContain('{ prompt: "question", completion: "answer" }');
  });

  it("refuses a first line of names where names were given: its label would be a class", () => {
    const header = ["sentence", "label"];
    expect(() => readCsv("text,label\nfine,1\n", { header })).toThrow(
      'its first line (text, label) has names of columns already: leave `header: ["sentence", "label"]` out.',
    );
    expect(readCsv("fine,ok\nlabel,label\n", { header })).toHaveLength(2);
  });

  it("names what a mistyped column was meant to be", () => {
    const error = caught(() => readCsv("mr,ref\na,b\n", { columns: { prompt: "mt", completion: "ref" } }));
    expect((error as Error).message).toContain('Did you mean `columns: { prompt: "mr", completion: "ref" }`?');
  });

  it("keeps broken rows apart from those whose columns are not known", () => {
    const rows = [{ a: 1 }, { text: 1 }, { a: 2 }, { text: 2 }];
    const error = caught(() => readJsonl(rows.map((row) => JSON.stringify(row)).join("\n"))) as DataError;
    expect(error.problems.map(({ row, more }) => [row, more])).toEqual([
      [1, 1],
      [2, undefined],
      [4, undefined],
    ]);
    expect(error.message).toContain("Mend or remove them.");
    expect(error.message).not.toMatch(/and \d+ more$/m);
  });
});
