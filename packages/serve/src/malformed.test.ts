// Responses to invalid bodies, and to clients that request too much.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, serve } from "./serve.ts";
import type { ServedAdapter, ServedModel, WrittenEvent } from "./served-model.ts";

/** Writes the prompt's words back, one for each token; "wait" until its signal aborts. */
function echo(): ServedModel {
  const texts = new Set<object>();
  let isStopped = false;
  return {
    name: "models/echo",
    adapters: [{ name: "mine", dispose: () => undefined }],
    attach: async () => ({ name: "attached", dispose: () => undefined }),
    embed: async (given, { dimensions }) => given.map((text) => Float32Array.of(text.length, 0.5).slice(0, dimensions)),
    writer: ({ maxWaiting = 1 }) => ({
      get running() {
        return texts.size;
      },
      waiting: 0,
      async *write(prompt, { maxNewTokens, signal }): AsyncGenerator<WrittenEvent, void, undefined> {
        if (isStopped) throw failure("WRITER_STOPPED");
        if (texts.size >= maxWaiting) throw failure("WRITER_FULL");
        const text = {};
        texts.add(text);
        try {
          const asked = typeof prompt === "string" ? prompt : (prompt.messages.at(-1)?.content ?? "");
          if (asked === "fail")
            throw failure("TEMPLATE_FAILED", 'The model at "/home/me/my models/echo" and /srv/data/echo: no template.');
          if (asked === "wait")
            await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
          if (asked === "later") await new Promise((resolve) => setTimeout(resolve, 200));
          const words = asked.split(/(?<= )/).slice(0, maxNewTokens);
          for (const [id, word] of words.entries()) yield { type: "token", id, text: word };
          yield { type: "end", rest: "", ids: words.map((_, id) => id), promptTokens: 1, reason: "stop" };
        } finally {
          texts.delete(text);
        }
      },
      stop: async () => {
        isStopped = true;
      },
    }),
  };
}

function failure(code: string, message = code): Error {
  return Object.assign(new Error(message), { code, [Symbol.for("lowrank.error")]: true });
}

/** The parts of a response that these tests check. */
interface Answer {
  readonly error: Readonly<Record<"code" | "param" | "type" | "message", string>>;
  readonly choices: readonly object[];
  readonly data: readonly { readonly embedding: unknown }[];
}

let server: RunningServer;
beforeAll(async () => {
  server = await serve<ServedAdapter>(echo(), { port: 0, maxWaiting: 2, maxBodyBytes: 2000 });
});
afterAll(() => server.stop());

async function post(path: string, body: string | object, headers: Record<string, string> = {}, signal?: AbortSignal) {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    signal: signal ?? null,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer, headers: response.headers };
}

const chat = "/v1/chat/completions";
const tool = { type: "function", function: { name: "a" } };
const call = (text: string) => ({ id: "1", type: "function", function: { name: "a", arguments: text } });
const messages = [{ role: "user", content: "one two three" }];

describe("an invalid body", () => {
  it.each([
    ["", 400, "invalid_json"],
    ["{", 400, "invalid_json"],
    ["[]", 400, "invalid_json"],
    ["null", 400, "invalid_json"],
    [`{"model": ${"[".repeat(100)}${"]".repeat(100)}}`, 400, "body_too_deep"],
    [JSON.stringify({ model: "x".repeat(3000) }), 413, "body_too_large"],
    ["{}", 400, "invalid_request"],
  ])("%.40s is answered with %i", async (body, status, code) => {
    const answer = await post(chat, body);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  it("of another type than JSON is refused, because other sites can send it", async () => {
    expect((await post(chat, "{}", { "content-type": "text/plain" })).status).toBe(415);
  });
});

/** A text and an image. */
function shown(url: unknown): readonly object[] {
  return [
    { type: "text", text: "What?" },
    { type: "image_url", image_url: { url } },
  ];
}

describe("a field that cannot be served", () => {
  it.each([
    ["messages", { messages: [] }],
    ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "x" }] }],
    ["messages[0].tool_calls[0]", { messages: [{ role: "assistant", tool_calls: [{ function: {} }] }] }],
    ["messages[0].tool_calls[0].function.arguments", { messages: [{ role: "assistant", tool_calls: [call("{")] }] }],
    ["messages[0].role", { messages: [{ role: "constructor", content: "x" }] }],
    ["messages[0].content", { messages: [{ role: "user", content: [{ type: "input_audio" }] }] }],
    ["messages[0].content[1].image_url.url", { messages: [{ role: "user", content: shown("https://a/b.png") }] }],
    ["messages[0].content[1].image_url.url", { messages: [{ role: "user", content: shown("/etc/hostname") }] }],
    ["n", { messages, n: 1000 }],
    ["n", { messages, n: 0.5 }],
    ["max_tokens", { messages, max_tokens: 10 ** 9 }],
    ["temperature", { messages, temperature: "hot" }],
    ["stop", { messages, stop: ["a", "b", "c", "d", "e"] }],
    ["tools", { messages, tools: Array.from({ length: 200 }, () => 1) }],
    ["tools", { messages, tools: [tool, tool] }],
    ["tools[0]", { messages, tools: [{ type: "web_search" }] }],
    ["tools[0].function.name", { messages, tools: [{ type: "function", function: { name: "a b" } }] }],
    [
      "tools[0].function.parameters",
      { messages, tools: [{ type: "function", function: { name: "a", parameters: 1 } }] },
    ],
    ["tools", { messages, tools: [tool] }], // this model has no chat template
    ["tool_choice", { messages, tool_choice: "required" }],
    ["tool_choice", { messages, tools: [tool], tool_choice: { type: "function", function: { name: "b" } } }],
    ["logit_bias", { messages, logit_bias: { hello: 1 } }],
    ["logit_bias", { messages, logit_bias: { 5: 101 } }],
    ["response_format", { messages, response_format: "json" }],
    ["response_format", { messages, response_format: { type: "grammar" } }],
    ["response_format", { messages, response_format: { type: "json_schema", json_schema: { schema: {} } } }],
    ["frequency_penalty", { messages, frequency_penalty: 1 }],
    ["top_logprobs", { messages, top_logprobs: 3 }],
  ])("%s is named", async (param, body) => {
    const answer = await post(chat, { model: "echo", ...body });
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
  });

  it.each([{ toString: 1 }, ["data:"], 5, null])("is an image's address that is %j", async (url) => {
    const asked = { model: "echo", messages: [{ role: "user", content: shown(url) }] };
    const { status, body } = await post(chat, asked);
    expect([status, body.error.param]).toEqual([400, "messages[0].content[1].image_url.url"]);
    expect(body.error.message).toContain(`${JSON.stringify(url)}; expected data:image`);
  });

  it("is reported together with all others", async () => {
    const { body } = await post("/v1/completions", { prompt: "", n: -1, echo: true });
    for (const name of ["model", "prompt", "n:", "echo"]) expect(body.error.message).toContain(name);
  });
});

describe("a request", () => {
  it("is answered by the model that it names, and refused for an unknown one", async () => {
    for (const [end, content] of [
      [{ max_tokens: 2 }, "one two "],
      [{ stop: "two" }, "one "],
      [{ stop: ["ne t", "three"] }, "o"], // over two tokens, and the first of two
      [{ stop: "threefold" }, "one two three"], // only its beginning comes
    ] as const) {
      const { body } = await post(chat, { model: "mine", messages, ...end });
      expect(body.choices[0]).toMatchObject({ message: { role: "assistant", content }, finish_reason: "stop" });
    }
    expect((await post(chat, { model: "nobody", messages })).body.error.code).toBe("model_not_found");
  });

  it("that finds a full queue gets 429 with a retry time", async () => {
    const stop = new AbortController();
    const waiting = { model: "echo", messages: [{ role: "user", content: "wait" }] };
    const taken = [1, 2].map(() => post(chat, waiting, {}, stop.signal).catch(() => undefined));
    await expect.poll(async () => (await post(chat, { model: "echo", messages })).status).toBe(429);
    const refused = await post(chat, { model: "echo", messages });
    expect([refused.body.error.type, refused.headers.get("retry-after")]).toEqual(["rate_limit_error", "1"]);
    stop.abort();
    await Promise.all(taken);
    await expect.poll(async () => (await post(chat, { model: "echo", messages })).status).toBe(200);
  });

  it("for embeddings returns vectors as numbers or base64", async () => {
    const asked = { model: "echo", input: ["abc", "d"] };
    const { body } = await post("/v1/embeddings", asked);
    expect(body.data.map(({ embedding }) => embedding)).toEqual([
      [3, 0.5],
      [1, 0.5],
    ]);
    const packed = await post("/v1/embeddings", { ...asked, encoding_format: "base64" });
    const bytes = Buffer.from(String(packed.body.data[0]?.embedding), "base64");
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([3, 0.5]);
    const short = await post("/v1/embeddings", { ...asked, dimensions: 1 });
    expect(short.body.data.map(({ embedding }) => embedding)).toEqual([[3], [1]]);
  });

  it("that fails does not reveal paths of this machine", async () => {
    const { body } = await post(chat, { model: "echo", messages: [{ role: "user", content: "fail" }] });
    expect(body.error.message).toBe('The model at "echo" and echo: no template.');
  });

  it("is written to its end while the server stops, unless that takes too long", async () => {
    for (const [options, status] of [
      [{ graceMs: 20 }, 503],
      [{}, 200],
    ] as const) {
      const other = await serve<ServedAdapter>(echo(), { port: 0 });
      const stop = new AbortController();
      const content = status === 200 ? "later" : "wait";
      const body = JSON.stringify({ model: "echo", messages: [{ role: "user", content }] });
      const headers = { "content-type": "application/json" };
      const asked = fetch(`${other.url}${chat}`, { method: "POST", headers, body, signal: stop.signal });
      await expect
        .poll(async () => (await (await fetch(`${other.url}/metrics`)).text()).includes('running"} 1'))
        .toBe(true);
      const stopping = other.stop(options);
      if (status === 200) expect((await fetch(`${other.url}/health`)).status).toBe(503);
      await stopping;
      expect((await asked).status).toBe(status);
    }
  });
});

it("a secret with letters that many clients cannot send in a header is refused at the start, and not shown", async () => {
  await expect(serve<ServedAdapter>(echo(), { port: 0, token: "geheimnisträger" })).rejects.toThrow(
    /^token is a text with other characters; expected ASCII letters, digits and signs/,
  );
});

it("a port in use gives the system's error", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serve<ServedAdapter>(echo(), { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
