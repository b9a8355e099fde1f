import { TemplateError, type TextTokenizer } from "@lowrank/data";
import { expect, it } from "vitest";
import { ChatTemplateMissingError } from "../errors/model-errors.ts";
import { promptIds } from "./prompt-ids.ts";

const source =
  "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

/** One id a character, after a mark that starts a text. */
function reader(chatTemplate?: string) {
  const encode = (text: string) => [...text].map((character) => character.codePointAt(0) ?? 0);
  const tokenizer = { prefixIds: [1], eosToken: "</s>", encode, chatTemplate } as unknown as TextTokenizer;
  return { tokenizer, task: "causal-lm" } as const;
}
const text = (ids: readonly number[]) => String.fromCodePoint(...ids);

it("writes a whole conversation, including earlier answers, up to the beginning of the next one", () => {
  const messages = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ];
  const ids = promptIds({ messages }, {}, reader(source));
  expect(text(ids)).toBe("<user>a</><assistant>b</><user>c</><assistant>");
});

it("leaves a text unchanged after the tokenizer's mark, if the model has no turns or the adapter was trained so", () => {
  expect(promptIds("a", {}, reader())).toEqual([1, 97]);
  expect(promptIds("a", { template: "plain" }, reader(source))).toEqual([1, 97]);
  expect(promptIds("a", {}, { ...reader(source), setup: { template: "plain" } })).toEqual([1, 97]);
});

it("uses a chat model's own template", () => {
  expect(text(promptIds("a", {}, reader(source)))).toBe("<user>a</><assistant>");
});

it("writes a conversation with the template that the adapter was trained with, even one without turns", () => {
  const setup = { template: "koalpaca" };
  const taught = { ...reader(), setup };
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ];
  expect(text(promptIds({ messages }, {}, taught)).slice(1)).toBe(
    "### 질문: Be brief.\na\n\n### 답변: b</s>### 질문: c\n\n### 답변:",
  );
  expect(text(promptIds({ messages }, { template: "chat" }, { ...reader(source), setup }))).toMatch(
    /^<system>Be brief/,
  );
  const twice = [...messages, { role: "user", content: "d" }];
  expect(() => promptIds({ messages: twice }, {}, taught)).toThrow(TemplateError);
});

it("refuses a conversation if the model has no template for one", () => {
  const messages = [{ role: "user", content: "a" }];
  expect(() => promptIds({ messages }, {}, reader())).toThrow(ChatTemplateMissingError);
});
