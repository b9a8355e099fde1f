// Every chat template that TRL ships, as transformers renders it: see fixtures/make_chat_templates.py.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TemplateError } from "../errors.ts";
import { messagesForm } from "../row-forms/read-messages.ts";
import { chatTemplate } from "./chat-template.ts";
import type { RenderedExample } from "./prompt-template.ts";

interface Turn {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: unknown;
}

interface Fixture {
  readonly conversations: Readonly<Record<string, { readonly messages: readonly Turn[]; readonly tools?: unknown }>>;
  readonly templates: Readonly<
    Record<
      string,
      {
        readonly source: string;
        /** The text of each conversation; null if transformers refuses it. */
        readonly texts: readonly (string | null)[];
        /** The assistant's characters in each conversation, if a template or its training variant marks them. */
        readonly answers: readonly ((readonly [start: number, end: number])[] | null)[];
      }
    >
  >;
}

const packed = readFileSync(new URL("../../fixtures/chat-templates.json.gz", import.meta.url));
const { conversations, templates }: Fixture = JSON.parse(gunzipSync(packed).toString());
const names = Object.keys(templates);

/** transformers writes the conversation of these without the call; here that is an error. */
const withoutCalls = ["deepseek_r1_distill", "idefics3", "lfm2", "llama3", "phi3", "phi3_5", "qwen2_5_vl", "smolvlm"];

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 10, 30, 12) }));
afterEach(() => void vi.useRealTimers());

it("there are 41 templates, and 31 training variants of them", () => {
  expect(names.filter((name) => !name.endsWith("_training"))).toHaveLength(41);
  expect(names).toHaveLength(72);
});

describe.each(names)("by the template %s", (name) => {
  const { source, texts, answers } = templates[name] ?? { source: "", texts: [], answers: [] };

  it("each conversation equals transformers' text, and every answer is trained", () => {
    const template = chatTemplate(source, { bosToken: "<bos>", eosToken: "<eos>" });
    for (const [index, [kind, { messages, tools }]] of Object.entries(conversations).entries()) {
      const row = messagesForm.read(new Map<string, unknown>(Object.entries({ messages, tools })));
      if ("expected" in row) throw new Error(row.expected);
      const expected = texts[index] ?? null;
      if (expected === null || (kind === "tools" && withoutCalls.includes(name.replace("_training", "")))) {
        expect(() => template.render(row), kind).toThrow(TemplateError);
        continue;
      }
      const rendered = template.render(row);
      expect(written(rendered), kind).toBe(expected);
      expect(rendered.lostAnswers, kind).toBeUndefined();
      const trained = rendered.segments.filter(({ isTrained }) => isTrained).map(({ text }) => text);
      expectEachAnswer(trained, messages);
      const marked = answers[index] ?? null;
      if (marked !== null) expect(difference(rendered, marked), `${kind}: ${trained}`).toEqual([]);
    }
  });
});

function written({ segments }: RenderedExample): string {
  return segments.map(({ text }) => text).join("");
}

/** All that the assistant says, and nothing that others say. */
function expectEachAnswer(trained: readonly string[], messages: readonly Turn[]): void {
  const all = trained.join("");
  let position = 0;
  for (const { role, content, tool_calls: calls } of messages) {
    if (role !== "assistant") {
      expect(all).not.toContain(content);
      continue;
    }
    const said = calls === undefined ? content.trim() : "Oslo";
    position = all.indexOf(said, position);
    expect(position, `${said} in ${all}`).toBeGreaterThanOrEqual(0);
    position += said.length;
  }
}

/**
 * Stretches that only one of the two trains, but for white space and the generation prompt: TRL marks what asks for an
 * answer in some templates; here an answer begins after it. Gemma ends a call by the mark that a tool's answer begins with.
 */
function difference({ segments }: RenderedExample, marked: readonly (readonly [number, number])[]): string[] {
  const text = segments.map(({ text }) => text).join("");
  const isMarked = (at: number) => marked.some(([start, end]) => at >= start && at < end);
  const flags = segments.flatMap(({ text, isTrained }) => Array.from({ length: text.length }, () => isTrained));
  const differs = flags.map((isTrained, at) => (isTrained === isMarked(at) ? " " : text[at]));
  const prompts =
    /<｜Assistant｜>|<｜tool▁outputs▁end｜>|<\|turn>model|<\|start\|>assistant|<think>|<\/think>|<\|tool_response>/;
  return differs
    .join("")
    .split(prompts)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "");
}
