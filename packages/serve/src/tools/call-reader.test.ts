import { expect, it } from "vitest";
import { CallReader, type ReadPart } from "./call-reader.ts";
import { type ToolFormat, toolFormat } from "./tool-formats.ts";

const properties = { city: { type: "string" }, days: { type: "integer" }, exact: { type: "boolean" } };
const tools = new Map<string, unknown>([
  ["weather", { type: "object", properties }],
  ["weather_map", {}],
]);
const format = (mark: string): ToolFormat => toolFormat(`{{ tools }} ${mark}`) as ToolFormat;
const [hermes, mistral, llama] = ["<tool_call>", "[TOOL_CALLS]", '"parameters": dictionary'].map(format) as [
  ToolFormat,
  ToolFormat,
  ToolFormat,
];

/** The text and the calls of an answer that comes in pieces of `size` characters. */
function read(row: ToolFormat, answer: string, { size = 1, maxCalls = 128 } = {}) {
  const reader = new CallReader({ format: row, tools, maxCalls });
  const pieces = answer.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
  const parts: readonly ReadPart[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  const calls: { name: string; arguments: string }[] = [];
  for (const part of parts) {
    if (part.type === "text") continue;
    if (part.name !== undefined) calls.push({ name: part.name, arguments: "" });
    const call = calls[part.index];
    if (call !== undefined) call.arguments += part.arguments;
  }
  return { text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""), calls, parts };
}

const asked = { city: 'Köln "am Rhein"', days: 2, units: ["°C", "{"], exact: true };
const json = '{"city": "Köln \\"am Rhein\\"", "days": 2, "units": ["°C", "{"], "exact": true}';

// Answers of Qwen and Llama as transformers 5 renders them with the chat templates that TRL 1.16 has; those of Mistral, Hermes 2 and SmolLM2 are written by hand.
it.each([
  ["Qwen 2.5", hermes, `<tool_call>\n{"name": "weather", "arguments": ${json}}\n</tool_call>`],
  ["Hermes 2 Pro", hermes, `<tool_call>\n{"arguments": ${json}, "name": "weather"}\n</tool_call>`],
  ["SmolLM2-1.7B", hermes, `<tool_call>[{"name": "weather", "arguments": ${json}}]</tool_call>`],
  [
    "Qwen 3.5",
    hermes,
    '<tool_call>\n<function=weather>\n<parameter=city>\nKöln "am Rhein"\n</parameter>\n<parameter=days>\n2\n</parameter>\n' +
      '<parameter=units>\n["°C", "{"]\n</parameter>\n<parameter=exact>\nTrue\n</parameter>\n</function>\n</tool_call>',
  ],
  ["Llama 3.1", llama, `{"name": "weather", "parameters": ${json}}`],
  ["Llama 3.1 with its token", llama, `<|python_tag|>{"type": "function", "name": "weather", "parameters": ${json}}`],
  ["Mistral", mistral, `[TOOL_CALLS][{"name": "weather", "arguments": ${json}, "id": "abcdefghi"}]`],
  ["Mistral without its token, which decoding drops", mistral, `[{"name": "weather", "arguments": ${json}}]`],
  ["Mistral's Tekken 11", mistral, `[TOOL_CALLS]weather[ARGS]${json}`],
  ["Mistral's Tekken 11 without tokens", mistral, `weather${json}`],
])("a call of %s is read, whatever the pieces are", (_, row, answer) => {
  for (const size of [1, 7, 1000]) {
    const { text, calls } = read(row, answer, { size });
    expect(text).toBe("");
    expect(calls.map(({ name }) => name)).toEqual(["weather"]);
    expect(JSON.parse(calls[0]?.arguments ?? "")).toEqual(asked);
  }
});

it.each([
  ['{"name": "weather", "arguments": null}', {}],
  ['{"name": "weather"}', {}],
  ['{"function": {"name": "weather", "arguments": {"days": 1}}}', { days: 1 }],
  ['{"name": "weather", "arguments": "{\\"days\\": 1}"}', { days: 1 }],
  ["<function=weather>\n<parameter=city>\nBonn\n<parameter=days>\n2\n</function>", { city: "Bonn", days: 2 }],
  ["<function=weather></function>", {}],
])("a call in another form has its arguments: %s", (call, wanted) => {
  const { text, calls } = read(hermes, `<tool_call>${call}</tool_call>`);
  expect([text, JSON.parse(calls[0]?.arguments ?? "")]).toEqual(["", wanted]);
});

it("text before and after calls is text, and several calls are several", () => {
  const answer =
    'Wait. <tool_call>{"name": "weather", "arguments": {}}</tool_call>\n<tool_call>{"name": "weather_map", "arguments": {"a": 1}}</tool_call>\nDone. Bye.';
  const { text, calls } = read(hermes, answer);
  expect([text, calls.map(({ name }) => name)]).toEqual(["Wait. Done. Bye.", ["weather", "weather_map"]]);
  expect(read(hermes, answer, { maxCalls: 1 }).calls).toHaveLength(1);
  expect(read(mistral, "[TOOL_CALLS]weather{}[TOOL_CALLS]weather_map{}").calls).toHaveLength(2);
  expect(
    read(llama, '{"name": "weather", "parameters": {}}; {"name": "weather", "parameters": {}}').calls,
  ).toHaveLength(2);
});

it("arguments are sent while they are written", () => {
  const reader = new CallReader({ format: hermes, tools, maxCalls: 1 });
  reader.push('<tool_call>{"name": "weather", "arguments": ');
  expect(reader.push('{"city": "B')).toEqual([
    { type: "call", index: 0, name: "weather", arguments: "" },
    { type: "call", index: 0, arguments: '{"city": "B' },
  ]);
  expect(reader.push('onn"}')).toEqual([{ type: "call", index: 0, arguments: 'onn"}' }]);
});

it.each([
  ["of a tool that the request does not have", hermes, '<tool_call>{"name": "delete", "arguments": {}}</tool_call>'],
  ["that is no JSON", hermes, "<tool_call>{weather}</tool_call>"],
  ["that does not end", hermes, '<tool_call>{"arguments": {"name": "weather"'],
  ["that is only JSON", llama, '{"city": "Bonn"} is JSON'],
  ["that begins like a name", mistral, "weather is nice [1]"],
  [
    "that is nested too deep",
    hermes,
    `<tool_call>{"arguments": ${"[".repeat(1e4)}${"]".repeat(1e4)}, "name": "weather"}`,
  ],
])("a text %s stays text", (_, row, answer) => {
  expect(read(row, answer, { size: 3 })).toMatchObject({ text: answer, calls: [] });
});

it("a hostile answer is read in time that is proportional to its length", () => {
  const began = performance.now();
  for (const filler of ["{", '"', "[", "<tool_call>", "<function=", "<parameter=x>"])
    for (const row of [hermes, mistral, llama])
      read(row, `<tool_call><function=weather>${filler.repeat(5e3)}`, { size: 5 });
  expect(performance.now() - began).toBeLessThan(5000);
});

it("a template without tools, or with another form of calls, has no format", () => {
  for (const template of [
    "{{ messages }}",
    "{{ tools }}```tool_code",
    "{{ tools }}",
    "{{ tools }}<tool_call>name<arg_key>",
  ])
    expect(toolFormat(template)).toBeUndefined();
});
