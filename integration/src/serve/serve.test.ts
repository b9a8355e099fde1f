// A server of the tiny model, used through OpenAI's own client.

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readJsonl } from "@lowrank/data";
import { type RunningServer, serve } from "@lowrank/serve";
import { type OpenedAdapter, type OpenedModel, openModel } from "lowrank";
import OpenAI, { NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const tiny = fileURLToPath(new URL("../../../packages/tiny-model/model", import.meta.url));
const names = ["name[Aromi], food[English] ->", "name[The Mill] ->", "Aromi is", "name[Zizzi], area[riverside] ->"];
const token = "a secret";
const greedy = { temperature: 0 };

let folder: string;
let model: OpenedModel;
let server: RunningServer;
let client: OpenAI;
const adapters = new Map<string, OpenedAdapter | null>([["tiny", null]]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-serve-"));
  model = await openModel(tiny);
  for (const [index, name] of ["one", "two", "three"].entries()) adapters.set(name, newAdapter(name, index));
  server = await serve(model, { port: 0, name: "tiny", token, adapterFolder: folder, maxRows: 16, maxWaiting: 64 });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: token, maxRetries: 0 });
});
afterAll(async () => {
  await server.stop();
  model.dispose();
  await rm(folder, { recursive: true, force: true });
});

function newAdapter(name: string, seed: number): OpenedAdapter {
  return model.adapt({ rank: 4, alpha: 64, init: false, targetModules: "all-linear" }, { name, seed });
}

describe("a server", () => {
  it("writes the same text for each of 64 clients as its adapter alone, streamed or whole", async () => {
    const requests = Array.from({ length: 64 }, (_, index) => ({
      model: [...adapters.keys()][index % adapters.size] ?? "tiny",
      prompt: `${names[index % names.length]}${" ->".repeat(index % 3)}`,
      max_tokens: 4 + (index % 9),
      stream: index % 2 === 0,
    }));
    const texts = await Promise.all(requests.map(complete));
    for (const [index, { model: name, prompt, max_tokens }] of requests.entries()) {
      const adapter = adapters.get(name) ?? null;
      expect(texts[index], `client ${index}`).toBe(await model.generate(prompt, { adapter, maxNewTokens: max_tokens }));
    }
    expect(new Set(texts).size).toBeGreaterThan(16);
  });

  it("keeps serving others when clients are killed in the middle, and frees their memory", async () => {
    const killed = Array.from({ length: 8 }, (_, index) => killedClient(index));
    const text = complete({ model: "one", prompt: "Aromi is", max_tokens: 24, stream: false });
    await Promise.all(killed);
    expect(await text).toBe(await model.generate("Aromi is", { adapter: adapters.get("one"), maxNewTokens: 24 }));
    await expect.poll(async () => metric("lowrank_texts"), { timeout: 5000 }).toEqual(["running 0", "waiting 0"]);
  });

  it("serves adapters that are added to the folder, uses a newer one, and stops with a removed one", async () => {
    const before = newAdapter("saved", 7);
    await before.save(join(folder, "hot"));
    const first = await model.generate("Aromi is", { adapter: before, maxNewTokens: 8 });
    const after = newAdapter("saved-2", 8);
    onTestFinished(() => {
      before.dispose();
      after.dispose();
    });
    const second = await model.generate("Aromi is", { adapter: after, maxNewTokens: 8 });
    await server.refresh();
    const ask = () => complete({ model: "hot", prompt: "Aromi is", max_tokens: 8, stream: false });
    expect(await ask()).toBe(first);
    await after.save(join(folder, "other"));
    await cp(join(folder, "other"), join(folder, "hot"), { recursive: true });
    await server.refresh();
    expect(await ask()).toBe(second);
    for (const name of ["hot", "other"]) await rm(join(folder, name), { recursive: true });
    await server.refresh();
    await expect(ask()).rejects.toThrow(NotFoundError);
  });

  it("reports usage, finish reasons and log probabilities, and samples the same text from the same seed", async () => {
    const body = { model: "two", prompt: "Aromi is", max_tokens: 3, logprobs: 2, seed: 4, temperature: 1.5 };
    const [one, same, other] = await Promise.all([
      client.completions.create(body),
      client.completions.create(body),
      client.completions.create({ ...body, seed: 5, n: 2 }),
    ]);
    expect(one?.choices[0]?.text).toBe(same?.choices[0]?.text);
    expect(one?.usage?.completion_tokens).toBe(3);
    expect(one?.choices[0]?.finish_reason).toBe("length");
    expect(one?.choices[0]?.logprobs?.tokens).toHaveLength(3);
    expect(other?.choices.map(({ index }) => index)).toEqual([0, 1]);
  });

  it("answers conversations if the model has a template, and refuses them with a reason if not", async () => {
    const messages = [{ role: "user" as const, content: "Hello" }];
    await expect(client.chat.completions.create({ model: "tiny", messages })).rejects.toThrow(/chat_template/);
  });

  it("writes JSON of a schema, streamed or whole, and names the field of a schema that it cannot guarantee", async () => {
    const templated = await serve(model, { port: 0, name: "tiny", template: "alpaca" });
    onTestFinished(() => templated.stop());
    const { chat } = new OpenAI({ baseURL: `${templated.url}/v1`, apiKey: "none", maxRetries: 0 });
    const ask = (schema: Record<string, unknown>) => ({
      model: "tiny",
      messages: [{ role: "user" as const, content: "Aromi" }],
      max_tokens: 60,
      seed: 1,
      response_format: { type: "json_schema" as const, json_schema: { name: "place", strict: true, schema } },
    });
    const properties = { name: { type: "string", maxLength: 8 }, stars: { type: "integer", minimum: 1, maximum: 5 } };
    const schema = { type: "object", properties, required: ["name", "stars"], additionalProperties: false };
    const [whole] = (await chat.completions.create(ask(schema))).choices;
    expect(whole?.finish_reason).toBe("stop");
    expect(JSON.parse(whole?.message.content ?? "")).toEqual({ name: expect.any(String), stars: expect.any(Number) });
    let streamed = "";
    for await (const { choices } of await chat.completions.create({ ...ask(schema), stream: true }))
      streamed += choices[0]?.delta.content ?? "";
    expect(streamed).toBe(whole?.message.content);
    const [cut] = (await chat.completions.create({ ...ask(schema), max_tokens: 3 })).choices;
    expect(cut?.finish_reason).toBe("length");
    await expect(chat.completions.create(ask({ type: "string", pattern: "a" }))).rejects.toMatchObject({
      status: 400,
      param: "response_format",
      code: "unsupported_schema",
    });
  });

  it("records conversations as rows that can be trained on, and no answer that was cut off", async () => {
    const record = join(folder, "rows.jsonl");
    const recording = await serve(model, { port: 0, name: "tiny", template: "vicuna", record });
    onTestFinished(() => recording.stop());
    const { chat } = new OpenAI({ baseURL: `${recording.url}/v1`, apiKey: "none", maxRetries: 0 });
    const messages = [{ role: "user" as const, content: "Aromi" }];
    const ask = { model: "tiny", messages, ...greedy, max_tokens: 4 };
    const properties = { open: { const: true } };
    const json_schema = { name: "place", schema: { type: "object", properties, required: ["open"] } };
    const format = { response_format: { type: "json_schema" as const, json_schema }, max_tokens: 60 };
    const answers = [await chat.completions.create(ask), await chat.completions.create({ ...ask, ...format })];
    const [cut, whole] = answers.map(({ choices: [choice] }) => choice);
    expect([cut?.finish_reason, whole?.finish_reason]).toEqual(["length", "stop"]);
    const text = await readFile(record, "utf8");
    const answer = { role: "assistant", content: whole?.message.content };
    expect(JSON.parse(text)).toEqual({ messages: [...messages, answer] });
    const losses: (number | null)[] = [];
    const adapter = newAdapter("recorded", 9);
    onTestFinished(() => adapter.dispose());
    for await (const event of adapter.train(readJsonl(text), { steps: 1, template: "vicuna" }))
      if (event.type === "step") losses.push(event.loss);
    expect(losses).toEqual([expect.any(Number)]);
  });

  it("keeps a connection open for longer than its clients do, so that no request meets a closing one", async () => {
    expect((await fetch(`${server.url}/health`)).headers.get("keep-alive")).toBe("timeout=75");
  });

  it("lists its models, and refuses requests without the secret or with another host's name", async () => {
    const listed = await client.models.list();
    expect(listed.data.map(({ id }) => id)).toEqual(["tiny", "one", "two", "three"]);
    expect((await client.models.retrieve("one")).id).toBe("one");
    const url = `${server.url}/v1/models`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: "Bearer another" } })).status).toBe(401);
    expect(await rawStatus("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).toBe(403);
    const upload = "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nonly the beginning";
    expect(await rawStatus(upload)).toBe(401);
    expect(await rawStatus("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).toBe(403);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

interface CompletionRequest {
  readonly model: string;
  readonly prompt: string;
  readonly max_tokens: number;
  readonly stream: boolean;
}

async function complete({ stream, ...body }: CompletionRequest): Promise<string> {
  if (!stream) return (await client.completions.create({ ...body, ...greedy })).choices[0]?.text ?? "";
  let text = "";
  for await (const chunk of await client.completions.create({ ...body, ...greedy, stream: true }))
    text += chunk.choices[0]?.text ?? "";
  return text;
}

/** Leaves after the first piece, or before it. */
async function killedClient(index: number): Promise<void> {
  const stop = new AbortController();
  const body = { model: "two", prompt: "Aromi is", max_tokens: 100, ...greedy };
  if (index % 2 === 0) {
    setTimeout(() => stop.abort(), 30);
    await client.completions.create(body, { signal: stop.signal }).catch(() => undefined);
    return;
  }
  const stream = await client.completions.create({ ...body, stream: true }, { signal: stop.signal });
  for await (const _ of stream) break;
}

async function metric(name: string): Promise<readonly string[]> {
  const text = await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  return [...text.matchAll(new RegExp(`^${name}\\{state="(\\w+)"\\} (\\d+)$`, "gm"))].map(
    ([, state, n]) => `${state} ${n}`,
  );
}

function rawStatus(request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () => socket.write(request));
    socket.once("data", (data) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1])));
    socket.once("error", reject);
  });
}
