// Tools through OpenAI's client and through the AI SDK, with a model that writes what it is given; and with the tiny model.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningServer, type ServedModel, serve } from "@lowrank/serve";
import { lowrank, lowrankEmbedding } from "@lowrank/serve/ai-sdk";
import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { openModel } from "lowrank";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

type Written = Parameters<Awaited<ReturnType<ServedModel["writer"]>>["write"]>;

const hermes = "{{ tools }}<tool_call>";
const calling = 'I look. <tool_call>\n{"name": "weather", "arguments": {"city": "Bonn"}}\n</tool_call>';
/** What the model writes, and what it was asked. */
let answers: string[] = [];
let asked: Written[] = [];

const model: ServedModel = {
  name: "scripted",
  adapters: [],
  attach: async () => ({ name: "attached", dispose: () => undefined }),
  chatTemplate: async () => hermes,
  embed: async (texts, { onTokens }) => {
    onTokens?.(texts.length);
    return texts.map((text) => Float32Array.of(text.length, 0.5));
  },
  writer: () => ({
    running: 0,
    waiting: 0,
    stop: async () => undefined,
    async *write(...written) {
      asked.push(written);
      const pieces = (answers.shift() ?? "").match(/[\s\S]{1,5}/g) ?? [];
      for (const [id, text] of pieces.entries()) yield { type: "token", id, text };
      yield { type: "end", rest: "", ids: pieces.map((_, id) => id), promptTokens: 3, reason: "stop" };
    },
  }),
};

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = { type: "function" as const, function: { name: "weather", description: "The weather", parameters } };
const user = { role: "user" as const, content: "The weather in Bonn?" };

let work: string;
let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lowrank-recorded-"));
  const record = join(work, "rows.jsonl");
  server = await serve(model, { port: 0, cors: "https://page.example", token: "secret", record });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "secret", maxRetries: 0 });
});
afterAll(async () => {
  await server.stop();
  await rm(work, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

describe("a server, with OpenAI's client", () => {
  const body = { model: "scripted", messages: [user], tools: [weather] };

  it("answers with a call, and reads its result in the next request", async () => {
    answers = [calling, "It rains."];
    const first = await client.chat.completions.create(body);
    const { message, finish_reason } = first.choices[0] ?? {};
    const call = message?.tool_calls?.[0];
    expect([message?.content, finish_reason]).toEqual(["I look. ", "tool_calls"]);
    expect(call).toMatchObject({ type: "function", function: { name: "weather", arguments: '{"city": "Bonn"}' } });
    expect(call?.id).toMatch(/^[0-9a-f]{9}$/);
    if (message === undefined || call === undefined) return;
    const messages = [user, message, { role: "tool" as const, tool_call_id: call.id, content: "rain" }];
    const second = await client.chat.completions.create({ ...body, messages });
    expect([second.choices[0]?.message.content, second.choices[0]?.finish_reason]).toEqual(["It rains.", "stop"]);
    expect(asked[1]?.[0]).toMatchObject({
      tools: [weather],
      messages: [
        user,
        { more: { tool_calls: [{ id: call.id, function: { name: "weather", arguments: { city: "Bonn" } } }] } },
        { role: "tool", content: "rain", more: { tool_call_id: call.id } },
      ],
    });
    const [recorded = ""] = (await readFile(join(work, "rows.jsonl"), "utf8")).split("\n");
    const made = { id: call.id, type: "function", function: { name: "weather", arguments: { city: "Bonn" } } };
    const answer = { role: "assistant", content: "I look. ", tool_calls: [made] };
    expect(JSON.parse(recorded)).toEqual({ messages: [user, answer], tools: [weather] });
  });

  it("streams the text, then the call in pieces, as OpenAI does", async () => {
    answers = [calling];
    const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
    const kinds: string[] = [];
    for await (const { choices } of stream)
      for (const { delta } of choices)
        for (const call of delta.tool_calls ?? [{ index: -1 }])
          if (call.index === 0) kinds.push(call.function?.name ?? "piece");
    expect(kinds[0]).toBe("weather");
    expect(kinds.slice(1).length).toBeGreaterThan(1);
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "I look. ", tool_calls: [{ function: { arguments: '{"city": "Bonn"}' } }] },
    });
    expect(usage?.prompt_tokens).toBe(3);
  });

  it("forces a call by its schema, and hides tools for tool_choice none", async () => {
    answers = ['{"name": "weather", "arguments": {"city": "Ulm"}}', calling];
    const forced = await client.chat.completions.create({ ...body, tool_choice: "required" });
    expect(forced.choices[0]?.message.tool_calls).toHaveLength(1);
    expect(asked[0]?.[1].schema).toMatchObject({ properties: { name: { const: "weather" }, arguments: parameters } });
    const none = await client.chat.completions.create({ ...body, tool_choice: "none", logit_bias: { 5: -100 } });
    expect(none.choices[0]?.message.content).toBe(calling);
    expect([asked[1]?.[0], asked[1]?.[1].logitBias]).toEqual([{ messages: [user] }, { 5: -100 }]);
  });

  it("gets a call or JSON of a schema, and reads either", async () => {
    answers = ['{"name": "weather", "arguments": {"city": "Ulm"}}', '{"rain": true}'];
    const schema = { type: "object", properties: { rain: { $ref: "#/$defs/a" } }, $defs: { a: { type: "boolean" } } };
    const response_format = { type: "json_schema" as const, json_schema: { name: "day", schema } };
    const [call, text] = [
      await client.chat.completions.create({ ...body, response_format }),
      await client.chat.completions.create({ ...body, response_format }),
    ].map(({ choices: [choice] }) => [choice?.message.tool_calls?.length, choice?.message.content]);
    expect([call, text]).toEqual([
      [1, null],
      [undefined, '{"rain": true}'],
    ]);
    const moved = { ...schema, properties: { rain: { $ref: "#/anyOf/1/$defs/a" } } };
    expect(asked[0]?.[1].schema).toMatchObject({ anyOf: [{ properties: { name: { const: "weather" } } }, moved] });
  });

  it("lets pages of the given origin in, errors included, and of no other", async () => {
    const preflight = await fetch(`${server.url}/v1/models`, {
      method: "OPTIONS",
      headers: { origin: "https://page.example", "access-control-request-method": "POST" },
    });
    const from = (origin: string) => fetch(`${server.url}/v1/models`, { headers: { origin } });
    const answers = [preflight, await from("https://page.example"), await from("https://other.example")];
    const allowed = answers.map(({ status, headers }) => [status, headers.get("access-control-allow-origin")]);
    expect(allowed).toEqual([
      [204, "https://page.example"],
      [401, "https://page.example"],
      [401, null],
    ]);
  });
});

describe("the AI SDK, in process", () => {
  const execute = async ({ city }: { city: string }) => `rain in ${city}`;
  const inputSchema = jsonSchema<{ city: string }>(parameters as Parameters<typeof jsonSchema>[0]);
  const tools = { weather: tool({ description: "The weather", inputSchema, execute }) };

  it("runs tools in a loop until the model answers", async () => {
    answers = [calling, "It rains in Bonn."];
    const { text, steps, totalUsage } = await generateText({
      model: lowrank(model),
      prompt: "Weather?",
      tools,
      stopWhen: stepCountIs(3),
      temperature: 0,
      seed: 7,
    });
    expect([text, steps.length, totalUsage.inputTokens]).toEqual(["It rains in Bonn.", 2, 6]);
    expect(asked[1]?.[0]).toMatchObject({ messages: [{}, {}, { role: "tool", content: "rain in Bonn" }] });
    expect(asked[1]?.[1]).toMatchObject({ temperature: 0, seed: 7, adapter: null });
  });

  it("streams text and calls", async () => {
    answers = [calling];
    const { fullStream } = streamText({ model: lowrank(model), prompt: "Weather?", tools });
    const types = new Set<string>();
    for await (const { type } of fullStream) types.add(type);
    for (const type of ["text-delta", "tool-input-delta", "tool-call", "tool-result", "finish"])
      expect(types).toContain(type);
  });

  it("passes the schema of an object to the model", async () => {
    answers = ['{"city": "Bonn"}'];
    const output = Output.object({ schema: inputSchema });
    const result = await generateText({ model: lowrank(model), prompt: "A city", output });
    expect([result.output, asked[0]?.[1].schema]).toEqual([{ city: "Bonn" }, expect.objectContaining(parameters)]);
  });

  it("embeds texts, and refuses images with a reason", async () => {
    const { embeddings, usage } = await embedMany({ model: lowrankEmbedding(model), values: ["ab", "c"] });
    expect([embeddings, usage.tokens]).toEqual([
      [
        [2, 0.5],
        [1, 0.5],
      ],
      2,
    ]);
    const content = [
      { type: "file" as const, mediaType: "image/png", data: new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]) },
    ];
    const asking = generateText({ model: lowrank(model), messages: [{ role: "user", content }], maxRetries: 0 });
    await expect(asking).rejects.toThrow(/text only/);
  });
});

it("the tiny model reads tools through its chat template, writes calls or JSON, and refuses unknown tokens", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-tools-"));
  const tiny = fileURLToPath(new URL("../../../packages/tiny-model/model", import.meta.url));
  await cp(tiny, folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, "tokenizer_config.json"), "utf8"));
  const template =
    "{{ tools | tojson if tools else '' }}{% for m in messages %}{{ m.content }}{% endfor %}{# <tool_call> #}";
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ ...config, chat_template: template }));
  const opened = await openModel(folder);
  onTestFinished(() => {
    opened.dispose();
    return rm(folder, { recursive: true, force: true });
  });
  const options = { model: lowrank(opened), prompt: "Aromi is", maxOutputTokens: 4 };
  const plain = await generateText(options);
  const inputSchema = jsonSchema(parameters as object);
  const withTools = await generateText({ ...options, tools: { weather: tool({ inputSchema }) } });
  expect(withTools.usage.inputTokens ?? 0).toBeGreaterThan((plain.usage.inputTokens ?? 0) + 20);
  const properties = { word: { type: "string" as const, maxLength: 4 } };
  const word = jsonSchema<{ word: string }>({ type: "object", properties, required: ["word"] });
  const say = tool({ description: "Says", inputSchema: word, execute: async ({ word }) => word });
  const output = Output.object({ schema: jsonSchema({ const: true }) });
  const kinds = new Set<unknown>();
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const sampling = { ...options, temperature: 1.5, seed, maxOutputTokens: 200 };
    const { text, toolCalls, finishReason } = await generateText({ ...sampling, tools: { say }, output });
    if (finishReason === "length") continue; // cut off
    kinds.add(toolCalls.length === 1 ? typeof toolCalls[0]?.input : JSON.parse(text));
  }
  expect([...kinds].sort()).toEqual(["object", true]);
  expect(await streamText(options).text).toBe(plain.text);
  await expect(opened.generate("Aromi is", { logitBias: { 999999: 1 } })).rejects.toThrow(/logitBias/);
});
