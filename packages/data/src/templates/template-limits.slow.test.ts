import { describe, expect, it } from "vitest";
import { TemplateLimitError } from "../errors.ts";
import type { ChatExample } from "../example.ts";
import { chatTemplate } from "./chat-template.ts";

const chat: ChatExample = {
  kind: "chat",
  messages: [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
  ],
};

const double = (times: number) => `{% set ns = namespace(x='ab') %}{% for i in range(${times}) %}`;
const doubled = `${double(24)}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`;
const halfLong = `${double(20)}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`;
const longList = "{% set ns = namespace(x=['a']) %}{% for i in range(24) %}{% set ns.x = ns.x + ns.x %}{% endfor %}";
const wideList = longList.replace("24", "17");
const nestedList = "{% set ns = namespace(x=['a']) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
const loops = (depth: number) => `${"{% for i in range(10000) %}".repeat(depth)}{{ i }}${"{% endfor %}".repeat(depth)}`;

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe("a chat template that exceeds a limit", () => {
  it.each([
    ["counts to a billion", "{% for i in range(1000000000) %}{% endfor %}", /100000 numbers in a range/],
    ["joins a long range", "{{ range(10000000) | join }}", /numbers in a range/],
    ["counts in small numbers", "{% for i in range(0, 1000000, 1) %}{% endfor %}", /numbers in a range/],
    ["nests three loops", loops(3), /steps/],
    ["counts long in each rendering of a conversation", "{% for i in range(80000) %}{% endfor %}", /steps/],
    ["calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /levels of nesting/],
    ["calls itself twice", "{% macro m(n) %}{{ m(n + 1) ~ m(n + 1) if n < 40 }}{% endmacro %}{{ m(0) }}", /steps/],
    ["doubles a text", doubled, /characters in one text/],
    ["doubles a text by a block", doubled.replace("ns.x ~ ns.x", "ns.x ~ ns.x | string"), /characters in one text/],
    ["prints a text many times", `${halfLong}{% for i in range(1000) %}{{ ns.x }}{% endfor %}`, /characters/],
    ["doubles a list", longList, /entries in one list/],
    ["nests a list in itself", `${nestedList}{{ ns.x }}`, /characters in one text|entries in one list/],
    ["nests a namespace in itself", "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", /nested lists/],
    ["replaces every letter", `${halfLong}{{ ns.x | replace('a', ns.x) }}`, /characters in one text/],
    ["replaces by a method", `${halfLong}{{ ns.x.replace('a', ns.x) }}`, /characters in one text/],
    ["hides the method", `${halfLong}{% set r = ns.x['replace'] %}{{ r(*['a', ns.x]) }}`, /characters in one text/],
    ["replaces a block", `${halfLong}{% filter replace('a', ns.x) %}{{ ns.x }}{% endfilter %}`, /characters/],
    ["replaces nothing", `${halfLong}{{ ns.x | replace('', ns.x) }}`, /characters in one text/],
    ["indents far", "{{ 'a\\nb' | indent(width=500000000) }}", /characters in one text/],
    ["indents many lines", `${halfLong}{{ ns.x | replace('a', '\\n') | indent(1000) }}`, /characters in one text/],
    ["joins by a long text", `${halfLong}{{ ns.x | join(ns.x) }}`, /characters in one text/],
    ["joins a list by a long text", `${wideList}{{ ns.x | join(separator='x' ~ ns.x) }}`, /characters in one text/],
    ["indents JSON far", "{{ [[1], [2]] | tojson(indent=500000000) }}", /characters in one text/],
    [
      "seeks a text that is nearly there",
      `${halfLong}{% set y = ns.x | replace('b', 'a') %}{% for i in range(40) %}{{ ('b' ~ y[:900000]) in y }}{% endfor %}`,
      /steps/,
    ],
    ["cuts a long text again and again", `${halfLong}{% for i in range(99) %}{{ ns.x[::2][0] }}{% endfor %}`, /steps/],
    [
      "sorts a long list again and again",
      `${wideList}{% for i in range(99) %}{{ (ns.x | sort)[0] }}{% endfor %}`,
      /steps/,
    ],
    ["nests brackets", `{{ ${"(".repeat(90_000)}1${")".repeat(90_000)} }}`, /levels of nesting/],
    ["nests lists", `{{ ${"[".repeat(90_000)}${"]".repeat(90_000)} }}`, /levels of nesting/],
    ["adds without an end", `{{ 1${" + 1".repeat(50_000)} }}`, /levels of nesting/],
    ["negates without an end", `{{ ${"not ".repeat(50_000)}1 }}`, /levels of nesting/],
    ["nests conditions", `${"{% if 1 %}".repeat(20_000)}${"{% endif %}".repeat(5000)}`, /levels of nesting/],
    ["chains conditions", `{% if 0 %}${"{% elif 0 %}".repeat(20_000)}{% endif %}`, /levels of nesting/],
    ["has a long run of spaces", `{{ 1 }}${" ".repeat(200_000)}`, /consecutive spaces in its source/],
  ])("%s, and gets an error that names the limit", (_, source, limit) => {
    const error = errorOf(() => chatTemplate(source).render(chat));
    expect(error).toBeInstanceOf(TemplateLimitError);
    expect(String(error)).toMatch(limit);
  });
});
