// With the tokenizer and the template of SmolVLM's kind. That ids are transformers', the tests of `lowrank` show.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../example.ts";
import { imageWordings } from "../images/image-wording.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizeExample } from "../tokenizing/tokenize-example.ts";
import { chatTemplate } from "./chat-template.ts";
import { renderWithImages, withImages } from "./image-parts.ts";
import { promptTemplate } from "./prompt-templates.ts";

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/vision-language/base/${file}`, import.meta.url), "utf8"));
const tokenizer = TextTokenizer.fromJson(read("tokenizer.json"), read("tokenizer_config.json"));
const template = chatTemplate(tokenizer.chatTemplate ?? "");
const wording = imageWordings.idefics3({ tokens: 2, grid: { rows: 1, columns: 2 } });
const messages: readonly ChatMessage[] = [
  {
    role: "user",
    content: "What?",
    parts: [
      { type: "image", image: "a.png", wording },
      { type: "text", text: "What?" },
    ],
  },
  { role: "assistant", content: "Ok" },
];

describe("a conversation with images", () => {
  it("has the tokens of each tile instead of the template's placeholder", () => {
    const { segments } = renderWithImages(template, { kind: "chat", messages });
    const around = "<fake_token_around_image>";
    const tile = (position: string) => `${around}<${position}><image><image>`;
    expect(segments[0]?.text).toBe(
      `<|im_start|>User:${tile("row_1_col_1")}${tile("row_1_col_2")}\n\n${tile("global-img")}${around}What?<end_of_utterance>\nAssistant:`,
    );
  });

  it("has Gemma 3's tokens between blank lines, as Gemma3Processor of transformers 5.24 writes them", () => {
    expect(imageWordings.gemma3({ tokens: 2, grid: { rows: 0, columns: 0 } })).toEqual({
      written: "<start_of_image>",
      read: "\n\n<start_of_image><image_soft_token><image_soft_token><end_of_image>\n\n",
    });
  });

  it("is written as PaliGemmaProcessor of transformers 5.24 does, if the files have no template", () => {
    const config = { processor_class: "PaliGemmaProcessor" };
    const { chatTemplate: source = "" } = TextTokenizer.fromJson(read("tokenizer.json"), config);
    const own = imageWordings.paligemma({ tokens: 2, grid: { rows: 0, columns: 0 } });
    const { segments } = renderWithImages(chatTemplate(source, { bosToken: "<bos>", eosToken: "<eos>" }), {
      kind: "chat",
      messages: withImages(messages, (image) => ({ ...image, wording: own })),
    });
    expect(segments.map(({ text }) => text)).toEqual(["<image><image><bos>What?\n", "Ok<eos>"]);
  });

  it("trains only the answer, and is left out if it is too long, because an image cannot be cut", () => {
    const tokens = tokenizeExample({ kind: "chat", messages }, tokenizer, template, { maxLength: 100 });
    if (tokens.kind !== "sequence") throw new Error(tokens.kind);
    expect(tokens.images).toEqual(["a.png"]);
    const trained = tokens.inputIds.filter((_, index) => tokens.labels[index] !== -100);
    expect(tokenizer.decode(trained, { skipSpecialTokens: false })).toBe(" Ok<end_of_utterance>");
    const cut = tokenizeExample({ kind: "chat", messages }, tokenizer, template, { maxLength: 30 });
    expect(cut.inputIds).toEqual([]);
  });

  it("is refused by a template that writes no images, and if a text has the template's placeholder", () => {
    const chat = (turns: readonly ChatMessage[]) => ({ kind: "chat", messages: turns }) as const;
    expect(() => renderWithImages(promptTemplate("vicuna"), chat(messages))).toThrow("0 times for 1 images");
    const marked = [...messages, { role: "user", content: "<image>" }];
    expect(() => renderWithImages(template, chat(marked))).toThrow('it writes "<image>" 2 times for 1 images');
  });
});
