import { describe, expect, it } from "vitest";
import { padBatch } from "../batching/pad-batch.ts";
import { TemplateError } from "../errors.ts";
import type { Example } from "../example.ts";
import { chatTemplate } from "../templates/chat-template.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { encodeSource, type SourceTargetLimits, tokenizeSourceTargets } from "./source-target.ts";
import { tokenizeExamples } from "./tokenize-examples.ts";

const plain = promptTemplate("plain");
const words = ["[UNK]", "</s>", "one", "two", "three", "eins", "zwei", "drei"];
const json = {
  model: {
    type: "WordLevel",
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    unk_token: "[UNK]",
  },
  added_tokens: [{ id: 1, content: "</s>", special: true }],
  pre_tokenizer: { type: "Whitespace" },
};
const ending = {
  type: "TemplateProcessing",
  single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }],
  special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
};
/** As T5's, which ends each text itself; and one that does not. */
const t5 = TextTokenizer.fromJson({ ...json, post_processor: ending }, { eos_token: "</s>" });
const bare = TextTokenizer.fromJson(json, { eos_token: "</s>" });

function pairsOf(example: Example, tokenizer = t5, limits: Partial<SourceTargetLimits> = {}, template = plain) {
  const whole = { maxLength: 16, maxTargetLength: 16, ...limits };
  return tokenizeSourceTargets(example, tokenizer, template, whole).map(({ inputIds, labels }) => [inputIds, labels]);
}

const completion: Example = { kind: "completion", prompt: "one two three", completion: "eins zwei drei" };
const chat: Example = {
  kind: "chat",
  messages: ["one", "eins", "two", "zwei"].map((content, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content,
  })),
};

describe("source and target", () => {
  it("each have the tokenizer's marks, and the target an end whether it writes one or not", () => {
    expect(pairsOf(completion)).toEqual([
      [
        [2, 3, 4, 1],
        [5, 6, 7, 1],
      ],
    ]);
    expect(pairsOf(completion, bare)).toEqual([
      [
        [2, 3, 4],
        [5, 6, 7, 1],
      ],
    ]);
  });

  it("lose the part before their closing special token, each by its own limit", () => {
    expect(pairsOf(completion, t5, { maxLength: 3, maxTargetLength: 2 })).toEqual([
      [
        [2, 3, 1],
        [5, 1],
      ],
    ]);
    expect(pairsOf(completion, bare, { maxLength: 2, maxTargetLength: 3 })).toEqual([
      [
        [2, 3],
        [5, 6, 1],
      ],
    ]);
  });

  it("exist for every answer of a conversation, with the template's special tokens unchanged", () => {
    const template = chatTemplate(
      "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}</s>{% endif %} {% endfor %}",
    );
    expect(pairsOf(chat, t5, {}, template)).toEqual([
      [[2], [5, 1]],
      [
        [2, 5, 1, 3],
        [6, 1],
      ],
    ]);
    const { examples, indices, skipped } = tokenizeExamples([chat, completion], t5, template, {
      maxLength: 16,
      maxTargetLength: 16,
    });
    expect([examples.length, indices, skipped]).toEqual([3, [0, 0, 1], 0]);
  });

  it("need a prompt and an answer", () => {
    expect(() => pairsOf({ kind: "text", text: "one two" })).toThrow(TemplateError);
    expect(() => pairsOf({ kind: "text", text: "one two" })).toThrow(
      "an encoder–decoder needs rows with a prompt and an answer",
    );
  });

  it("give generation the source that training saw", () => {
    expect(encodeSource(plain.render(completion), t5)).toEqual([2, 3, 4, 1]);
    expect(encodeSource(plain.render(completion), t5, 2)).toEqual([2, 1]);
  });

  it("make a batch in which each has its own length, and every label counts", () => {
    const short: Example = { kind: "completion", prompt: "one", completion: "eins" };
    const { examples } = tokenizeExamples([completion, short], t5, plain, { maxLength: 16, maxTargetLength: 3 });
    const batch = padBatch(examples, { padId: 0 });
    expect(batch).toMatchObject({ rows: 2, time: 4, labelShape: [2, 3], tokens: 6, supervised: 5 });
    expect([...batch.inputIds]).toEqual([2, 3, 4, 1, 2, 1, 0, 0]);
    expect([...batch.labels]).toEqual([5, 6, 1, 5, 1, -100]);
    expect(padBatch(examples, { padId: 0, multipleOf: 4 }).labelShape).toEqual([2, 4]);
  });

  it("leave rows with a class to classifiers", () => {
    const row: Example = { kind: "sentence", sentence: "one", label: 1 };
    const { examples } = tokenizeExamples([row], t5, plain, { maxLength: 16, maxTargetLength: 3 });
    expect(examples).toEqual([{ kind: "classified", inputIds: [2, 1], label: 1 }]);
  });
});

describe("speech", () => {
  const audioFeatures = { features: Float32Array.of(1, 2, 3, 4), melBins: 2 };
  const speech = (text: string, start?: string): Example => {
    return { kind: "speech", ...audioFeatures, text, ...(start === undefined ? {} : { start }) };
  };
  const started = TextTokenizer.fromJson(
    {
      ...json,
      post_processor: {
        ...ending,
        single: [{ SpecialToken: { id: "</s>", type_id: 0 } }, ...ending.single],
      },
    },
    { eos_token: "</s>" },
  );

  it("is audio, and its target has no start token: the decoder's input has its own", () => {
    expect(tokenizeSourceTargets(speech("eins zwei"), started, plain, { maxLength: 16, maxTargetLength: 16 })).toEqual([
      { kind: "source-target", inputIds: [], audioFeatures, labels: [5, 6, 1] },
    ]);
    expect(pairsOf(speech("eins zwei"))).toEqual([[[], [5, 6, 1]]]);
    expect(pairsOf(speech("eins zwei", "</s> one "), started)).toEqual([[[], [2, 5, 6, 1]]]);
    expect(pairsOf(speech("eins zwei drei"), started, { maxTargetLength: 3 })).toEqual([[[], [5, 6, 1]]]);
  });

  it("has batches of recordings of one shape, with the tokens of their texts", () => {
    const rows = ["eins zwei", "eins"].map((text) => speech(text));
    const { examples } = tokenizeExamples(rows, t5, plain, { maxLength: 16, maxTargetLength: 16 });
    const batch = padBatch(examples, { padId: 0 });
    expect(batch.featureShape).toEqual([2, 2, 2]);
    expect([...(batch.features ?? [])]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect([batch.tokens, batch.supervised, batch.labelShape]).toEqual([5, 5, [2, 3]]);
    const [first] = examples;
    if (first?.kind !== "source-target") throw new Error("unexpected kind");
    const other = { ...first, audioFeatures: { features: Float32Array.of(1), melBins: 1 } };
    expect(() => padBatch([first, other], { padId: 0 })).toThrow(
      /A batch of recordings needs features of the same shape in/,
    );
  });
});
