// The routes of the server.

import { setMaxListeners } from "node:events";
import { printable } from "@lowrank/contracts/internal";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { AdapterRegistry } from "./adapters/adapter-registry.ts";
import { type AnswerShape, chatShape, completionShape } from "./answers/answer-shape.ts";
import { asRequestError, errorBody, eventStream } from "./answers/error-answer.ts";
import { answerChunks, wholeAnswer } from "./answers/write-answer.ts";
import type { ChoiceEvent } from "./answers/written-choice.ts";
import { RequestError } from "./errors.ts";
import { type FileParts, fileRoutes } from "./files/file-routes.ts";
import { fineTuningRoutes } from "./fine-tuning/fine-tuning-routes.ts";
import type { JobQueue } from "./fine-tuning/job-queue.ts";
import type { Client } from "./front/start-front.ts";
import { type BodyLimits, readJson } from "./guards/read-json.ts";
import type { Metrics } from "./metrics.ts";
import type { ClientPath, FairQueue, Slot } from "./queue/fair-queue.ts";
import type { Recorder } from "./record/record-rows.ts";
import { chatRequest } from "./requests/chat-request.ts";
import { completionRequest, embeddingRequest } from "./requests/completion-request.ts";
import type { RequestLimits } from "./requests/fields.ts";
import type { GenerationRequest } from "./requests/generation-request.ts";
import type { TextFormat } from "./requests/response-format.ts";
import type {
  ServedAdapter,
  ServedModel,
  ServedPrompt,
  ServedWriter,
  WriteOptions,
  WrittenEvent,
} from "./served-model.ts";
import { answerEvents, type ToolUse } from "./tools/tool-use.ts";

/** Everything that the routes need. */
export interface AppParts<Adapter extends ServedAdapter> {
  readonly model: ServedModel<Adapter>;
  readonly writer: ServedWriter<Adapter>;
  readonly queue: FairQueue;
  readonly registry: AdapterRegistry<Adapter>;
  readonly metrics: Metrics;
  /** Undefined without a folder for jobs. */
  readonly fineTuning: { readonly jobs: JobQueue; readonly files: FileParts } | undefined;
  readonly limits: RequestLimits & BodyLimits;
  /** The origin that may read responses in a browser. */
  readonly cors: string | undefined;
  /** Undefined: nothing is recorded. */
  readonly recorder: Recorder | undefined;
  /** The prompt template of conversations; undefined: the model's own. */
  readonly template: string | undefined;
  readonly isStopping: () => boolean;
  /** Aborted when the server stops writing. */
  readonly ended: AbortSignal;
  readonly now: () => number;
  readonly newId: () => string;
}

/** The front passes each request's origin. */
interface AppEnvironment {
  Bindings: Client;
}

type AppContext = Context<AppEnvironment>;

export function createApp<Adapter extends ServedAdapter>(parts: AppParts<Adapter>): Hono<AppEnvironment> {
  const { registry, metrics, writer } = parts;
  const app = new Hono<AppEnvironment>();
  app.onError((error, context) => failed(context, error));
  app.notFound((context) => failed(context, new RequestError(404, "NOT_FOUND", "There is nothing at this address.")));
  app.use("*", async (context, next) => {
    const begun = parts.now();
    await next();
    metrics.answered(routeOf(context.req.path), context.res.status, (parts.now() - begun) / 1000);
  });
  if (parts.cors !== undefined) app.use("*", cors({ origin: parts.cors })); // before the API key, which preflight requests do not have
  app.use("*", async (context, next) => {
    checkClient(context);
    await next();
  });
  app.get("/metrics", (context) => {
    const { running } = writer;
    const waiting = parts.queue.waiting + writer.waiting;
    const text = metrics.text({ running, waiting, models: registry.names.length });
    return context.text(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  app.get("/v1/models", (context) => context.json({ object: "list", data: registry.names.map(modelFacts) }));
  app.get("/v1/models/:id{.+}", (context) => {
    const id = context.req.param("id");
    registry.take(id).release();
    const [facts = {}] = registry.names.filter((model) => model.id === id).map(modelFacts);
    return context.json(facts);
  });
  app.post("/v1/chat/completions", async (context) => {
    const request = chatRequest(await readJson(context.req.raw, parts.limits), parts.limits);
    return answerTexts(context, { ...request, shape: chatShape, prompts: [{ messages: request.messages }] }, parts);
  });
  app.post("/v1/completions", async (context) => {
    const request = completionRequest(await readJson(context.req.raw, parts.limits), parts.limits);
    return answerTexts(context, { ...request, shape: completionShape }, parts);
  });
  app.post("/v1/embeddings", async (context) => {
    const request = embeddingRequest(await readJson(context.req.raw, parts.limits), parts.limits);
    return answerEmbeddings(context, request, parts);
  });
  addFineTuning(app, parts);
  return app;
}

/** The front has found what is wrong, mostly before it reads the body. */
function checkClient({ env: { refusal }, req }: AppContext): void {
  if (refusal === "host") {
    const name = printable((req.header("host") ?? "").replace(/:\d+$/, ""));
    const message = `The host "${name}" is not allowed. Add it to allowedHosts if it is this server's.`;
    throw new RequestError(403, "HOST_NOT_ALLOWED", message);
  }
  if (refusal === "key")
    throw new RequestError(401, "INVALID_API_KEY", "The Authorization header has no valid API key for this server.");
  const param = req.path === "/v1/files" ? "file" : null;
  if (refusal === "size") throw new RequestError(413, "BODY_TOO_LARGE", "The body has too many bytes.", param);
  if (refusal === "busy")
    throw new RequestError(429, "TOO_MANY_UPLOADS", "Too many uploads are not finished. Try again later.", param);
  if (refusal === "disk") throw new RequestError(500, "DISK_FULL", "The upload cannot be written. Free some space.");
}

function addFineTuning<Adapter extends ServedAdapter>(app: Hono<AppEnvironment>, parts: AppParts<Adapter>): void {
  const { fineTuning, registry, limits, ended } = parts;
  app.on("POST", ["/v1/files", "/v1/fine_tuning/*"], async (_, next) => {
    checkRunning(parts);
    await next();
  });
  if (fineTuning === undefined) {
    const message = "Fine-tuning is off. Start the server with --jobs-folder <path>, or with the option fineTuning.";
    app.on(["GET", "POST", "DELETE"], ["/v1/files/*", "/v1/fine_tuning/*"], () => {
      throw new RequestError(404, "FINE_TUNING_OFF", message);
    });
    return;
  }
  app.route("/v1/files", fileRoutes(fineTuning.files));
  app.route("/v1/fine_tuning/jobs", fineTuningRoutes(fineTuning.jobs, { limits, baseName: registry.baseName, ended }));
}

const routes = [
  ...["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models", "/metrics"],
  ...["/v1/files", "/v1/fine_tuning/jobs"],
];

/** The route of a path for metrics. Unknown paths share one label, so that clients cannot create new ones. */
function routeOf(path: string): string {
  return routes.includes(path) ? path : "other";
}

function failed(context: AppContext, error: unknown): Response {
  const failure = asRequestError(error);
  // An immediate retry would be refused again.
  const headers = failure.status === 429 || failure.status === 503 ? { "retry-after": "1" } : {};
  return context.json(errorBody(failure), failure.status, headers);
}

function modelFacts({ id, since }: { readonly id: string; readonly since: number }) {
  return { id, object: "model", created: since, owned_by: "lowrank" };
}

interface TextsAsked extends GenerationRequest {
  readonly shape: AnswerShape;
  readonly prompts: readonly ServedPrompt[];
  readonly logprobs: number | undefined;
  readonly toolUse?: ToolUse;
  readonly format?: TextFormat;
}

const noTools: ToolUse = { tools: [], choice: "none", isParallel: false };

async function answerTexts<Adapter extends ServedAdapter>(
  context: AppContext,
  asked: TextsAsked,
  parts: AppParts<Adapter>,
): Promise<Response> {
  const { shape, n, isStreamed, includesUsage, logprobs, model, toolUse: use = noTools } = asked;
  checkRunning(parts);
  const lease = parts.registry.take(model);
  const left = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, parts.ended, left.signal]);
  setMaxListeners(0, signal); // each text of the response listens
  const choices = asked.prompts.flatMap((prompt) => Array.from({ length: n }, (_, index) => textOf(prompt, index)));
  function textOf(prompt: ServedPrompt, index: number) {
    // A text completion continues the text unchanged, whatever template an adapter has.
    const template = typeof prompt === "string" ? "plain" : parts.template;
    const settings = { ...asked.writing, ...asked.format, seed: (asked.seed + index) >>> 0, logprobs };
    const events = choice(prompt, { ...settings, adapter: lease.adapter, template, signal });
    if (typeof prompt === "string" || parts.recorder === undefined) return events;
    return parts.recorder({ ...prompt, ...(use.tools.length > 0 && { tools: use.tools }) }, events);
  }
  async function* choice(
    prompt: ServedPrompt,
    options: WriteOptions<Adapter>,
  ): AsyncGenerator<ChoiceEvent, void, undefined> {
    try {
      yield* answerEvents(parts.model, inTurn, { prompt, options, use, newId: parts.newId });
    } catch (error) {
      throw asRequestError(error, options.schema === undefined && !options.json ? "tools" : "response_format");
    }
  }
  async function* inTurn(prompt: ServedPrompt, options: WriteOptions<Adapter>): AsyncGenerator<WrittenEvent, void> {
    await parts.writer.check?.(prompt, options);
    const slot = await parts.queue.enter(clientOf(context), signal);
    try {
      for await (const event of parts.writer.write(prompt, options)) {
        slot.charge(event.type === "end" ? event.promptTokens : 1);
        if (event.type === "end") parts.metrics.wrote({ prompt: event.promptTokens, completion: event.ids.length });
        yield event;
      }
    } finally {
      slot.leave();
    }
  }
  const id = `${shape.idPrefix}${parts.newId()}`;
  const facts = { id, created: Math.floor(parts.now() / 1000), model, shape, n, hasLogprobs: logprobs !== undefined };
  if (!isStreamed) {
    try {
      return context.json(await wholeAnswer(choices, facts));
    } finally {
      left.abort();
      lease.release();
    }
  }
  async function* chunks(): AsyncGenerator<object, void, undefined> {
    try {
      yield* answerChunks(choices, { ...facts, includesUsage });
    } finally {
      lease.release();
    }
  }
  const events = chunks();
  // Waits for the first chunk before the status is sent, so that a refusal has a status.
  const first = await events.next();
  const body = eventStream(events, () => left.abort(new Error("The client has left.")), first);
  return context.body(body, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
}

function checkRunning({ isStopping }: Pick<AppParts<ServedAdapter>, "isStopping">): void {
  if (isStopping()) throw new RequestError(503, "STOPPING", "The server is stopping.");
}

/** The client of a request: its address from the front, and its API key. */
function clientOf({ env, req }: AppContext): ClientPath {
  return [env.address, req.header("authorization") ?? "", env.connection];
}

async function answerEmbeddings<Adapter extends ServedAdapter>(
  context: AppContext,
  { model, inputs, isBase64, dimensions }: ReturnType<typeof embeddingRequest>,
  parts: AppParts<Adapter>,
): Promise<Response> {
  checkRunning(parts);
  const { adapter, release } = parts.registry.take(model);
  const signal = AbortSignal.any([context.req.raw.signal, parts.ended]);
  let slot: Slot | undefined;
  try {
    slot = await parts.queue.enter(clientOf(context), signal);
    let tokens = 0;
    const onTokens = (read: number) => {
      tokens += read;
      slot?.charge(read);
    };
    const embeddings = await parts.model.embed(inputs, { adapter, signal, onTokens, dimensions });
    const data = embeddings.map((values, index) => {
      const embedding = isBase64 ? Buffer.from(new Float32Array(values).buffer).toString("base64") : Array.from(values);
      return { object: "embedding", index, embedding };
    });
    parts.metrics.wrote({ prompt: tokens, completion: 0 });
    return context.json({ object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
  } finally {
    slot?.leave();
    release();
  }
}
