import type { TextTokenizer } from "@lowrank/data";
import { expect, it } from "vitest";
import { ChatTemplateMissingError } from "../errors/model-errors.ts";
import { promptIds } from "./prompt-ids.ts";

const source =
  "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

/** One id a character, after a mark that starts a text. */
function reader(chatTemplate?: string) {
  const encode = (text: string) => [...text].map((character) => character.codePointAt(0) ?? 0);
  const tokenizer = { prefixIds: [1], encode, chatTemplate } as unknown as TextTokenizer;
  return { tokenizer, task: "causal-lm" } as const;
}
const text = (ids: readonly number[]) => String.fromCodePoint(...ids);

it("writes a conversation whole, earlier answers too, up to where the next one begins", () => {
  const messages = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ];
  const ids = promptIds({ messages }, {}, reader(source));
  expect(text(ids)).toBe("<user>a</><assistant>b</><user>c</><assistant>");
});

it("leaves a text as it is, behind the tokenizer's mark", () => {
  expect(promptIds("a", {}, reader(source))).toEqual([1, 97]);
});

it("refuses a conversation where the model has no template for one", () => {
  const messages = [{ role: "user", content: "a" }];
  expect(() => promptIds({ messages }, {}, reader())).toThrow(ChatTemplateMissingError);
});
