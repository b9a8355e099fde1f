import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { mixedLabelsError } from "../errors.ts";
import { ExampleError } from "../errors.ts";
import type { Example } from "../example.ts";
import { chatTemplate } from "../templates/chat-template.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import type { TokenSequence } from "../tokenized-example.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizeExample } from "./tokenize-example.ts";
import { labelIdsOf, tokenizeExamples } from "./tokenize-examples.ts";

function tokenizer(name: string, config: Readonly<Record<string, unknown>>): TextTokenizer {
  return TextTokenizer.fromJson(
    JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8")),
    config,
  );
}

const byteLevel = tokenizer("byte-level", { eos_token: "<|end|>" });
const llama = tokenizer("llama-like", { bos_token: "<s>", eos_token: "</s>" });
const wordPiece = tokenizer("word-piece", { pad_token: "[PAD]" });
const plain = promptTemplate("plain");
const completion: Example = { kind: "completion", prompt: "What is 12 times 30?", completion: " It is 360." };

function sequenceOf(example: Example, by = byteLevel, maxLength = 512, template = plain): TokenSequence {
  const tokens = tokenizeExample(example, by, template, { maxLength });
  if (tokens.kind !== "sequence") throw new Error("expected a sequence");
  return tokens;
}

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function trainedText({ labels }: TokenSequence, by = byteLevel): string {
  return by.decode(
    labels.filter((label) => label !== -100),
    { skipSpecialTokens: false },
  );
}

describe("an example as tokens", () => {
  it("trains the completion and the end of text, and not the prompt", () => {
    const tokens = sequenceOf(completion);
    expect(trainedText(tokens)).toBe(" It is 360.<|end|>");
    expect(byteLevel.decode(tokens.inputIds, { skipSpecialTokens: false })).toBe(
      "What is 12 times 30? It is 360.<|end|>",
    );
    expect(tokens.inputIds.slice(0, 3)).toEqual(byteLevel.encode("What is 12 times 30?").slice(0, 3));
  });

  it("has the ids of the whole text if a token border is between prompt and answer", () => {
    const whole = byteLevel.encode("What is 12 times 30? It is 360.");
    expect(sequenceOf(completion).inputIds).toEqual([...whole, byteLevel.eosId]);
  });

  it("ends as an encoder's tokenizer ends a text, if it has no end of text: a reward model reads [SEP]", () => {
    expect(wordPiece.eosId).toBeUndefined();
    expect(wordPiece.suffixIds).toHaveLength(1);
    expect(sequenceOf(completion, wordPiece).inputIds).toEqual(wordPiece.encode("What is 12 times 30? It is 360."));
  });

  it("keeps the prompt's own ids if a token of the whole text would cross the border", () => {
    const split: Example = { kind: "completion", prompt: "The do", completion: "g" };
    const prompt = byteLevel.encode("The do");
    expect(byteLevel.encode("The dog").slice(0, prompt.length)).not.toEqual(prompt); // otherwise this tests nothing
    const tokens = sequenceOf(split);
    expect(tokens.inputIds).toEqual([...prompt, ...byteLevel.encode("g"), byteLevel.eosId]);
    expect(trainedText(tokens)).toBe("g<|end|>");
  });

  it("begins with the tokenizer's first tokens, which are not trained", () => {
    const tokens = sequenceOf(completion, llama);
    expect([tokens.inputIds[0], tokens.labels[0]]).toEqual([1, -100]);
    expect(tokens.inputIds.at(-1)).toBe(2);
    expect(tokens.inputIds.filter((id) => id === 1)).toHaveLength(1);
  });

  it("trains running text whole", () => {
    const tokens = sequenceOf({ kind: "text", text: "The dog sleeps." });
    expect(tokens.labels).toEqual(tokens.inputIds);
  });

  it("trains every answer of a conversation, each with its end", () => {
    const messages = [
      { role: "user", content: "Who?" },
      { role: "assistant", content: "The fox." },
      { role: "user", content: "Who else?" },
      { role: "assistant", content: "The dog." },
    ];
    const tokens = sequenceOf({ kind: "chat", messages }, byteLevel, 512, promptTemplate("vicuna"));
    expect(trainedText(tokens)).toBe(" The fox.<|end|> The dog.<|end|>");
  });

  it("adds nothing to the text of a chat template", () => {
    const template = chatTemplate(
      "<s>{% for m in messages %}{{ m.content }}{{ '</s>' if m.role == 'assistant' }}{% endfor %}",
    );
    const tokens = sequenceOf(completion, llama, 512, template);
    expect(tokens.inputIds.filter((id) => id === 1)).toHaveLength(1);
    expect(tokens.inputIds.filter((id) => id === 2)).toHaveLength(1);
  });
});

describe("an example that is too long", () => {
  const prompt = [1, 11, 12, 13, 14];
  const answer = [21, 22, 23];
  const row = (answerIds: readonly number[]): Example => {
    const labels = [...prompt.map(() => -100), ...answerIds];
    return { kind: "tokens", inputIds: [...prompt, ...answerIds], labels };
  };

  it("loses the beginning of its prompt and keeps its answer", () => {
    expect(sequenceOf(row(answer), byteLevel, 6)).toMatchObject({
      inputIds: [12, 13, 14, 21, 22, 23],
      labels: [-100, -100, -100, 21, 22, 23],
    });
  });

  it("shares the room equally with an answer that is too long alone", () => {
    expect(sequenceOf(row([21, 22, 23, 24, 25, 26, 27]), byteLevel, 6).inputIds).toEqual([12, 13, 14, 21, 22, 23]);
  });

  it("keeps the token at the beginning of every text", () => {
    const tokens = sequenceOf(completion, llama, 5);
    expect(tokens.inputIds).toHaveLength(5);
    expect(tokens.inputIds[0]).toBe(1);
    expect(tokens.inputIds.at(-1)).toBe(2);
  });

  it("keeps the whole of an answer that exactly fits", () => {
    expect(sequenceOf(row([21, 22, 23, 24, 25, 26]), byteLevel, 6).inputIds).toEqual([21, 22, 23, 24, 25, 26]);
    expect(sequenceOf(row([21, 22, 23, 24, 25]), byteLevel, 6).inputIds).toEqual([14, 21, 22, 23, 24, 25]);
  });

  it("keeps the token at the beginning of every text if a chat template wrote it", () => {
    const template = chatTemplate(
      "<s>{% for m in messages %}{{ m.content }}{{ '</s>' if m.role == 'assistant' }}{% endfor %}",
    );
    const answer = sequenceOf(completion, llama, 512, template).labels.filter((label) => label !== -100);
    const tokens = sequenceOf(completion, llama, answer.length + 3, template);
    expect([tokens.inputIds[0], tokens.labels[0]]).toEqual([1, -100]);
    expect(tokens.labels.filter((label) => label !== -100)).toEqual(answer);
    expect(tokens.inputIds).toHaveLength(answer.length + 3);
  });

  it("loses its end if it is running text", () => {
    const tokens = sequenceOf({ kind: "tokens", inputIds: [1, 2, 3, 4], labels: [1, 2, 3, 4] }, byteLevel, 3);
    expect(tokens.inputIds).toEqual([1, 2, 3]);
  });

  it("is left out and counted if nothing of it is trained", () => {
    const untrained: Example = { kind: "tokens", inputIds: [1, 2, 3], labels: [-100, -100, -100] };
    const result = tokenizeExamples([untrained, completion], byteLevel, plain, { maxLength: 64 });
    expect(result).toMatchObject({ skipped: 1, indices: [1], atLimit: 0 });
  });
});

describe("a sentence with a class", () => {
  it("has the tokenizer's marks and its number", () => {
    const tokens = tokenizeExample({ kind: "sentence", sentence: "The dog", label: 1 }, wordPiece, plain, {
      maxLength: 9,
    });
    expect(tokens).toEqual({ kind: "classified", inputIds: wordPiece.encode("The dog"), label: 1 });
  });

  it("and a second one has segments, and keeps the closing mark when cut", () => {
    const pair: Example = { kind: "sentence", sentence: "The dog", pair: "the fox sleeps", label: 0 };
    const tokens = tokenizeExample(pair, wordPiece, plain, { maxLength: 6 });
    expect(tokens.inputIds).toHaveLength(6);
    expect(tokens.inputIds.at(-1)).toBe(3);
    expect(tokens.tokenTypeIds).toHaveLength(6);
    expect(tokens.tokenTypeIds?.at(-1)).toBe(1);
  });

  it("cannot have a number if others have names: a name's number could be another row's class", () => {
    const labelled = (label: string | number): Example => ({ kind: "sentence", sentence: "a", label });
    const error = thrown(() => labelIdsOf([labelled(0), labelled(1), labelled("unknown")]));
    expect(error).toMatchObject({ code: "MIXED_LABELS" });
    expect((error as ReturnType<typeof mixedLabelsError>).problems.map(({ row }) => row)).toEqual([3]);
    const tokens: Example = { kind: "tokens", inputIds: [1], labels: 0 };
    expect(() => labelIdsOf([labelled("a"), labelled(1), tokens])).toThrow(/row 2: [^\n]*as in row 1[\s\S]*row 3/);
  });

  it("whose class is a name gets the name's number, or a typed error", () => {
    const good: Example = { kind: "sentence", sentence: "a", label: "good" };
    const bad: Example = { kind: "sentence", sentence: "a", label: "bad" };
    const labelIds = labelIdsOf([good, bad, good]);
    expect([...labelIds]).toEqual([
      ["bad", 0],
      ["good", 1],
    ]);
    expect(tokenizeExample(good, wordPiece, plain, { maxLength: 9, labelIds })).toMatchObject({ label: 1 });
    expect(() => tokenizeExample(good, wordPiece, plain, { maxLength: 9 })).toThrow(ExampleError);
  });
});
