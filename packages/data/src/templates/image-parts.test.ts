// Against transformers' Idefics3Processor; fixtures/make_image_texts.py made the ids.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../example.ts";
import { readImagePreparation } from "../images/image-preparation.ts";
import { tileGrid } from "../images/image-tiles.ts";
import { imageWordings } from "../images/image-wording.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizeExample } from "../tokenizing/tokenize-example.ts";
import { chatTemplate } from "./chat-template.ts";
import { renderWithImages, withImages } from "./image-parts.ts";
import { promptTemplate } from "./prompt-templates.ts";

interface Fixture {
  readonly template: string;
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly image_processor: unknown;
  readonly tokens: number;
  readonly rows: readonly {
    readonly sizes: readonly (readonly [number, number])[];
    readonly messages: readonly { readonly role: string; readonly content: readonly object[] }[];
    readonly ids: readonly number[];
  }[];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../../fixtures/image-texts.json", import.meta.url), "utf8"));
const tokenizer = TextTokenizer.fromJson(fixture.tokenizer, { eos_token: "<end_of_utterance>" });
const template = chatTemplate(fixture.template);
const preparation = readImagePreparation(fixture.image_processor);

/** The messages of a row; images are black and of the row's sizes. */
function messagesOf({ sizes, messages }: Fixture["rows"][number]): readonly ChatMessage[] {
  const rest = [...sizes];
  const nextImage = () => {
    const [width = 1, height = 1] = rest.shift() ?? [];
    return { type: "image" as const, image: { width, height, data: new Uint8Array(3 * width * height) } };
  };
  const turns = messages.map(({ role, content }): ChatMessage => {
    const parts = content.map((part) =>
      "text" in part ? { type: "text" as const, text: String(part.text) } : nextImage(),
    );
    return { role, content: parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(""), parts };
  });
  return withImages(turns, (part) => {
    const grid = tileGrid(part.image as { width: number; height: number }, preparation);
    return { ...part, wording: imageWordings.idefics3({ tokens: fixture.tokens, grid }) };
  });
}

describe("a conversation with images", () => {
  it.each(fixture.rows.map((row) => [JSON.stringify(row.sizes), row] as const))(
    "with images of %s has the tokens that transformers' processor makes",
    (_, row) => {
      const { segments } = renderWithImages(template, { kind: "chat", messages: messagesOf(row) });
      const text = segments.map((segment) => segment.text).join("");
      expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(row.ids);
    },
  );

  const [row] = fixture.rows;
  const messages = [...messagesOf(row!), { role: "assistant", content: "Ok" }];

  it("trains the answer alone, and keeps its images for its batch", () => {
    const tokens = tokenizeExample({ kind: "chat", messages }, tokenizer, template, { maxLength: 100 });
    if (tokens.kind !== "sequence") throw new Error(tokens.kind);
    expect(tokens.images).toHaveLength(1);
    const trained = tokens.inputIds.filter((_, index) => tokens.labels[index] !== -100);
    expect(tokenizer.decode(trained, { skipSpecialTokens: false })).toBe("  O k <end_of_utterance>");
  });

  it("is left out where it is too long, because an image cannot be cut", () => {
    const tokens = tokenizeExample({ kind: "chat", messages }, tokenizer, template, { maxLength: 60 });
    expect(tokens.inputIds).toEqual([]);
  });

  it("is refused by a template that writes no images, and where a text has the template's mark", () => {
    const render = (name: string, turns: readonly ChatMessage[]) =>
      renderWithImages(name === "chat" ? template : promptTemplate(name), { kind: "chat", messages: turns });
    expect(() => render("vicuna", messages)).toThrow('it writes "<image>" 0 times for 1 images');
    const marked = [...messages, { role: "user", content: "<image>" }];
    expect(() => render("chat", marked)).toThrow('it writes "<image>" 2 times for 1 images');
  });
});
