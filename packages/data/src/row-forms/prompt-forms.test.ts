import { describe, expect, it } from "vitest";
import { readCsv } from "../reading/read-csv.ts";
import { readJson } from "../reading/read-json.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizeExample } from "../tokenizing/tokenize-example.ts";

const read = (row: object) => readJson(JSON.stringify([row]), { asPrompts: true })[0];
const user = { role: "user", content: "a" };
const answer = { role: "assistant", content: "b" };

describe("a row that is read as a prompt", () => {
  it.each([
    [{ prompt: "a" }, { kind: "completion", prompt: "a", completion: "" }],
    [
      { prompt: "a", completion: "b", stars: 4 },
      { kind: "completion", prompt: "a", completion: "" },
    ],
    [
      { instruction: "a", input: null, output: "b" },
      { kind: "instruction", instruction: "a", input: "", output: "" },
    ],
    [{ messages: [user, answer] }, { kind: "chat", messages: [user] }],
    [{ prompt: [user, answer, user] }, { kind: "chat", messages: [user, { ...answer, isTrained: false }, user] }],
    [{ conversations: [{ from: "human", value: "a" }] }, { kind: "chat", messages: [user] }],
  ])("has no answer, and all fields: %j", (row, asked) => {
    expect(read(row)).toEqual({ kind: "prompt", asked, row });
  });

  it("has the prompt from the named column, and all columns of the row", () => {
    const [example] = readCsv("question,truth\na,b\n", { asPrompts: true, columns: { prompt: "question" } });
    expect(example).toMatchObject({ asked: { prompt: "a" }, row: { question: "a", truth: "b" } });
  });

  it("is refused if it has no prompt", () => {
    expect(() => read({ text: "a" })).toThrow('expected a row with "prompt", "messages", "conversations"');
    expect(() => read({ messages: [answer] })).toThrow('a turn before the assistant\'s in "messages"');
  });

  it("is tokenized up to the answer, and never cut", () => {
    const model = { type: "WordLevel", vocab: { "[UNK]": 0, two: 1, and: 2, "</s>": 4 }, unk_token: "[UNK]" };
    const added_tokens = [{ id: 4, content: "</s>", special: true }];
    const json = { model, added_tokens, normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null };
    const tokenizer = TextTokenizer.fromJson({ ...json, decoder: null }, { eos_token: "</s>" });
    const example = read({ prompt: "two and two", completion: " four" });
    if (example === undefined) throw new Error("nothing was read");
    const idsOf = (maxLength: number) =>
      tokenizeExample(example, tokenizer, promptTemplate("plain"), { maxLength }).inputIds;
    expect([idsOf(3), idsOf(2)]).toEqual([[1, 2, 1], []]);
  });
});
