// Answers of models that call tools: whatever a model writes, a client gets calls of its own tools with JSON, and the rest as text.

import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { ServedModel } from "@lowrank/serve";
import { lowrank } from "@lowrank/serve/ai-sdk";
import { hostileText } from "../inputs/hostile-values.ts";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import type { Random } from "../inputs/random.ts";
import { demand, notAnInput, type Target } from "../target.ts";

const marks = ["<tool_call>", "[TOOL_CALLS]", '"parameters": dictionary'];
const pieces = [
  "<tool_call>",
  "</tool_call>",
  "[TOOL_CALLS]",
  "look[ARGS]",
  "<function=look>",
  "<parameter=at>",
  "</parameter>",
];
const call = { name: "look", arguments: { at: ['{"', 1, null] } };
const calls = [call, [call, call], { parameters: { at: "x" }, name: "look" }, { ...call, name: "other" }].map(treeOf);
const tools: LanguageModelV4FunctionTool[] = [{ type: "function", name: "look", inputSchema: { type: "object" } }];

export const toolCalls: Target = {
  generate(random: Random) {
    const json = () => new TextDecoder().decode(jsonInput(calls, random));
    const part = () =>
      random.pick([json, json, () => random.pick([...pieces, "</function>", "{}", " "]), () => hostileText(random)])();
    return new TextEncoder().encode(random.pick(marks) + Array.from({ length: 1 + random.integer(6) }, part).join(""));
  },

  /** The first mark is the chat template; the rest is the answer. */
  async check(input) {
    const text = new TextDecoder().decode(input);
    const mark = marks.find((each) => text.startsWith(each)) ?? notAnInput();
    const answer = text.slice(mark.length);
    const [whole, single] = [await read(mark, [answer]), await read(mark, [...answer])];
    demand(JSON.stringify(whole) === JSON.stringify(single), "the pieces of an answer change its calls");
    for (const [name, given] of whole.calls)
      demand(name === "look" && typeof given === "string", `a call of "${name}"`);
    demand(answer.length >= whole.text.length, "the text is longer than the answer");
    if (whole.calls.length === 0) {
      demand(whole.text === answer, "an answer without calls is not its text");
      notAnInput();
    }
  },
};

async function read(mark: string, written: readonly string[]) {
  const model: ServedModel = {
    name: "written",
    adapters: [],
    attach: () => Promise.reject(),
    embed: async () => [],
    chatTemplate: async () => `{{ tools }}${mark}`,
    writer: () => ({
      running: 0,
      waiting: 0,
      stop: async () => undefined,
      async *write() {
        for (const [id, text] of written.entries()) yield { type: "token", id, text };
        yield { type: "end", rest: "", ids: [], promptTokens: 1, reason: "stop" };
      },
    }),
  };
  const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "Look." }] }];
  const { content } = await lowrank(model).doGenerate({ prompt, tools });
  const texts = content.map((part) => (part.type === "text" ? part.text : ""));
  const found = content.flatMap((part) => (part.type === "tool-call" ? [[part.toolName, part.input] as const] : []));
  return { text: texts.join(""), calls: found };
}
