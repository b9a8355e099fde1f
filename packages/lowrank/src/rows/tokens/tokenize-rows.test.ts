import { type ChatExample, type Example, TextTokenizer } from "@lowrank/data";
import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { createReport } from "../../cli/terminal/report.ts";
import { ChatTemplateMissingError } from "../../errors/model-errors.ts";
import { chooseTemplate } from "./choose-template.ts";
import { tokenizeRows } from "./tokenize-rows.ts";

const words = { model: { type: "WordLevel", vocab: { "[UNK]": 0, a: 1, b: 2, c: 3 }, unk_token: "[UNK]" } };
const json = { ...words, pre_tokenizer: { type: "Whitespace" }, added_tokens: [] };
const tokenizer = TextTokenizer.fromJson(json);
const reader = { tokenizer, task: "causal-lm" } as const;
const chat: ChatExample = { kind: "chat", messages: [{ role: "user", content: "a" }] };

describe("chooseTemplate", () => {
  it("reports that a model has no chat template, and lists the built-in ones", () => {
    expect(() => chooseTemplate("chat", [chat], reader)).toThrow(ChatTemplateMissingError);
    expect(() => chooseTemplate("chat", [], reader)).toThrow(
      /no chat_template in tokenizer_config\.json .* choose another template: plain, alpaca, vicuna, koalpaca\./,
    );
  });

  it("uses the model's own if there is one", () => {
    const own = TextTokenizer.fromJson(json, { chat_template: "{{ messages[0].content }}" });
    expect(chooseTemplate("chat", [chat], { ...reader, tokenizer: own }).name).toBe("chat");
    expect(chooseTemplate(undefined, [chat], { ...reader, tokenizer: own }).name).toBe("chat");
    expect(chooseTemplate(undefined, [chat], reader).name).toBe("vicuna");
  });

  it("uses a chat model's own for questions and answers, and not for running text", () => {
    const own = { ...reader, tokenizer: TextTokenizer.fromJson(json, { chat_template: "{{ messages[0].content }}" }) };
    const question: Example = { kind: "completion", prompt: "a", completion: "b" };
    const instruction: Example = { kind: "instruction", instruction: "a", input: "", output: "b" };
    const rows: Example[] = [question, instruction, { kind: "preference", chosen: question, rejected: question }];
    expect(rows.map((row) => chooseTemplate(undefined, [row], own).name)).toEqual(["chat", "chat", "chat"]);
    expect(rows.map((row) => chooseTemplate(undefined, [row], reader).name)).toEqual(["plain", "alpaca", "plain"]);
    expect(chooseTemplate(undefined, [{ kind: "text", text: "a" }], own).name).toBe("plain");
    expect(chooseTemplate(undefined, [question], { ...own, task: "sequence-to-sequence" }).name).toBe("plain");
  });

  it("does not mark an instruction for an encoder–decoder, which reads it as a separate text", () => {
    const row: Example = { kind: "instruction", instruction: "a", input: "", output: "b" };
    expect(chooseTemplate(undefined, [row], reader).name).toBe("alpaca");
    expect(chooseTemplate(undefined, [row], { tokenizer, task: "sequence-to-sequence" }).name).toBe("plain");
  });

  it("needs none for rows of tokens", () => {
    expect(() =>
      chooseTemplate("chat", [{ kind: "tokens", inputIds: [1], labels: [1] }], { ...reader, tokenizer: undefined }),
    ).not.toThrow();
  });
});

describe("tokenizeRows", () => {
  it("reports how many answers the chat template leaves out", () => {
    const source = "{% for m in messages %}{{ m.content if loop.last or m.role == 'user' }} {% endfor %}";
    const own = TextTokenizer.fromJson(json, { chat_template: source });
    const answer = { role: "assistant", content: "b" };
    const rows: Example[] = [{ kind: "chat", messages: [...chat.messages, answer, ...chat.messages, answer] }];
    const options = { file: "rows.jsonl", tokenizer: own, lengths: { maxLength: 8 }, labels: {} };
    const model = { config: { vocabularySize: 4, labels: 2, problemType: null }, task: "causal-lm" } as const;
    const codes: string[] = [];
    const template = chooseTemplate(undefined, rows, { ...reader, tokenizer: own });
    tokenizeRows(rows, { ...options, model, template }, { warn: ({ code }) => void codes.push(code) });
    expect(codes).toEqual(["ANSWERS_NOT_FOUND"]);
  });

  it("counts the rows of the file, including those that are left out", () => {
    const rows: Example[] = [
      { kind: "text", text: "" },
      { kind: "text", text: "a b c" },
    ];
    const config = { vocabularySize: 3, labels: 2, problemType: null };
    const options = {
      file: "rows.jsonl",
      tokenizer,
      template: chooseTemplate("plain", [], reader),
      lengths: { maxLength: 8 },
    };
    const attempt = () =>
      tokenizeRows(
        rows,
        { ...options, model: { config, task: "causal-lm" }, labels: { labelIds: new Map() } },
        createReport(recordingIo().io, {}),
      );
    expect(attempt).toThrow("row 2: expected token ids from 0 to 2, the model's vocabulary, got 3");
  });

  it("keeps a row with only a first label, except for a causal model, which cannot predict it", () => {
    const row: Example = { kind: "tokens", inputIds: [1, 2], labels: [3, -100] };
    const config = { vocabularySize: 4, labels: 2, problemType: null };
    const options = {
      file: "rows.jsonl",
      tokenizer: undefined,
      template: chooseTemplate("plain", [], reader),
      lengths: { maxLength: 8 },
    };
    const rowsFor = (task: "masked-lm" | "causal-lm") =>
      tokenizeRows(
        [row],
        { ...options, model: { config, task }, labels: { labelIds: new Map() } },
        createReport(recordingIo().io, {}),
      );
    expect(rowsFor("masked-lm")).toHaveLength(1);
    expect(() => rowsFor("causal-lm")).toThrow(expect.objectContaining({ code: "NOTHING_TO_TRAIN" }));
  });

  it("names every row that the template cannot write", () => {
    const rows: Example[] = [{ kind: "text", text: "a b" }, chat, { kind: "text", text: "b c" }, chat];
    const config = { vocabularySize: 4, labels: 2, problemType: null };
    const options = {
      file: "rows.jsonl",
      tokenizer,
      template: chooseTemplate("plain", [], reader),
      lengths: { maxLength: 8 },
    };
    const model = { config, task: "causal-lm" } as const;
    const attempt = () =>
      tokenizeRows(rows, { ...options, model, labels: { labelIds: new Map() } }, createReport(recordingIo().io, {}));
    expect(attempt).toThrow(
      /2 rows are broken.*\n.*row 2: .*template "plain" can render, got a "chat" row: .*\n.*row 4: /,
    );
  });

  it("names every row of which an encoder would have nothing to read", () => {
    const rows: Example[] = [
      { kind: "text", text: "a b" },
      { kind: "completion", prompt: "a", completion: "b" },
    ];
    const config = { vocabularySize: 4, labels: 2, problemType: null };
    const lengths = { maxLength: 8, maxTargetLength: 8 };
    const options = { file: "rows.jsonl", tokenizer, template: chooseTemplate("plain", [], reader), lengths };
    const model = { config, task: "sequence-to-sequence" } as const;
    const attempt = () =>
      tokenizeRows(rows, { ...options, model, labels: { labelIds: new Map() } }, createReport(recordingIo().io, {}));
    expect(attempt).toThrow(/row 1: .*got a "text" row: an encoder–decoder needs rows with a prompt and an answer/);
  });
});
