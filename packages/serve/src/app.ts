// The routes of the server.

import { setMaxListeners } from "node:events";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { AdapterRegistry } from "./adapters/adapter-registry.ts";
import { type AnswerShape, chatShape, completionShape } from "./answers/answer-shape.ts";
import { asRequestError, errorBody, eventStream } from "./answers/error-answer.ts";
import { answerChunks, wholeAnswer } from "./answers/write-answer.ts";
import { type ChoiceEvent, choiceEvents } from "./answers/written-choice.ts";
import { RequestError } from "./errors.ts";
import { type FileParts, fileRoutes } from "./files/file-routes.ts";
import { fineTuningRoutes } from "./fine-tuning/fine-tuning-routes.ts";
import type { JobQueue } from "./fine-tuning/job-queue.ts";
import type { Client } from "./front/start-front.ts";
import { checkHost, checkToken } from "./guards/check-host.ts";
import { type BodyLimits, readJson } from "./guards/read-json.ts";
import type { Metrics } from "./metrics.ts";
import type { ClientPath, FairQueue } from "./queue/fair-queue.ts";
import type { Recorder } from "./record/record-rows.ts";
import { chatRequest } from "./requests/chat-request.ts";
import { completionRequest, embeddingRequest } from "./requests/completion-request.ts";
import type { RequestLimits } from "./requests/fields.ts";
import type { GenerationRequest } from "./requests/generation-request.ts";
import { anyObject, type TextFormat } from "./requests/response-format.ts";
import type {
  ServedAdapter,
  ServedModel,
  ServedPrompt,
  ServedWriter,
  WriteOptions,
  WrittenEvent,
} from "./served-model.ts";
import { prepareTools, type ToolUse, withCalls } from "./tools/tool-use.ts";

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
  readonly token: string | undefined;
  /** The origin that may read responses in a browser. */
  readonly cors: string | undefined;
  /** Host names in addition to this machine's own; undefined: any. */
  readonly allowedHosts: readonly string[] | undefined;
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
  if (parts.cors !== undefined) app.use("*", cors({ origin: parts.cors })); // before the token, which preflight requests do not have
  app.use("*", async (context, next) => {
    if (parts.allowedHosts !== undefined) checkHost(context.req.header("host"), parts.allowedHosts);
    if (parts.token !== undefined) checkToken(context.req.header("authorization"), parts.token);
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
    const found = registry.names.find((model) => model.id === id);
    return context.json(found === undefined ? {} : modelFacts(found));
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

async function answerTexts<Adapter extends ServedAdapter>(
  context: AppContext,
  asked: TextsAsked,
  parts: AppParts<Adapter>,
): Promise<Response> {
  const { registry, metrics } = parts;
  const { shape, n, isStreamed, includesUsage, logprobs, model } = asked;
  checkRunning(parts);
  const lease = registry.take(model);
  const left = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, parts.ended, left.signal]);
  setMaxListeners(0, signal); // each text of the response listens
  const choices = asked.prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, index) => counted(textOf(prompt, index), metrics)),
  );
  function textOf(prompt: ServedPrompt, index: number) {
    const { maxNewTokens, temperature, topP, topK, minP, repetitionPenalty, logitBias, stop } = asked;
    const sampling = { temperature, topP, topK, minP, repetitionPenalty, logitBias, seed: (asked.seed + index) >>> 0 };
    // A text completion continues the text unchanged, whatever template an adapter has.
    const template = typeof prompt === "string" ? "plain" : parts.template;
    const options = {
      adapter: lease.adapter,
      maxNewTokens,
      stop,
      logprobs,
      template,
      signal,
      ...sampling,
      ...asked.format,
    };
    const events = choice(prompt, options);
    if (typeof prompt === "string" || parts.recorder === undefined) return events;
    return parts.recorder({ ...prompt, ...(asked.toolUse?.tools.length && { tools: asked.toolUse.tools }) }, events);
  }
  async function* choice(
    prompt: ServedPrompt,
    options: WriteOptions<Adapter>,
  ): AsyncGenerator<ChoiceEvent, void, undefined> {
    if (typeof prompt === "string" || !asked.toolUse?.tools.length)
      return yield* choiceEvents(inTurn(prompt, options), options);
    const source = await parts.model.chatTemplate?.(options);
    const answer = options.schema ?? (options.json ? anyObject : undefined);
    const { tools, schema, reader } = prepareTools(asked.toolUse, source, answer);
    const format = schema && { schema, json: undefined };
    const written = inTurn({ ...prompt, ...(tools && { tools }) }, { ...options, ...format });
    try {
      yield* withCalls(choiceEvents(written, options), reader?.(), parts.newId);
    } catch (error) {
      throw asRequestError(error, answer === undefined ? "tools" : "response_format");
    }
  }
  async function* inTurn(prompt: ServedPrompt, options: WriteOptions<Adapter>): AsyncGenerator<WrittenEvent, void> {
    await parts.writer.check?.(prompt, options);
    const place = await parts.queue.enter(clientOf(context), signal);
    try {
      for await (const event of parts.writer.write(prompt, options)) {
        place.charge(event.type === "end" ? event.promptTokens : 1);
        yield event;
      }
    } finally {
      place.leave();
    }
  }
  const id = `${shape.idPrefix}${parts.newId()}`;
  const facts = { id, created: Math.floor(parts.now() / 1000), model, shape, n, hasLogprobs: logprobs !== undefined };
  if (!isStreamed) {
    try {
      return context.json(await wholeAnswer(choices, facts));
    } finally {
      lease.release();
    }
  }
  const chunks = answerChunks(choices, { ...facts, includesUsage });
  // Waits for the first chunk before the status is sent, so that a refusal has a status.
  const first = await chunks.next().catch((error: unknown) => {
    lease.release();
    throw error;
  });
  const body = eventStream(following(first, chunks, lease.release), () =>
    left.abort(new Error("The client has left.")),
  );
  return context.body(body, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
}

function checkRunning({ isStopping }: Pick<AppParts<ServedAdapter>, "isStopping">): void {
  if (isStopping()) throw new RequestError(503, "STOPPING", "The server is stopping.");
}

/** The client of a request: its address from the front, and its API key. */
function clientOf({ env, req }: AppContext): ClientPath {
  return [env.address, req.header("authorization") ?? "", env.connection];
}

async function* following(
  first: IteratorResult<object, void>,
  chunks: AsyncGenerator<object, void, undefined>,
  done: () => void,
): AsyncGenerator<object, void, undefined> {
  try {
    if (first.done !== true) yield first.value;
    yield* chunks;
  } finally {
    done();
  }
}

async function* counted(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  metrics: Metrics,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  for await (const event of events) {
    if (event.type === "end") metrics.wrote({ prompt: event.promptTokens, completion: event.tokens });
    yield event;
  }
}

async function answerEmbeddings<Adapter extends ServedAdapter>(
  context: AppContext,
  { model, inputs, isBase64, dimensions }: ReturnType<typeof embeddingRequest>,
  parts: AppParts<Adapter>,
): Promise<Response> {
  checkRunning(parts);
  const lease = parts.registry.take(model);
  const signal = AbortSignal.any([context.req.raw.signal, parts.ended]);
  const place = await parts.queue.enter(clientOf(context), signal).catch((error: unknown) => {
    lease.release();
    throw error;
  });
  try {
    const { adapter } = lease;
    let tokens = 0;
    const onTokens = (read: number) => {
      tokens += read;
      place.charge(read);
    };
    const embeddings = await parts.model.embed(inputs, { adapter, signal, onTokens, dimensions });
    const data = embeddings.map((values, index) => {
      const embedding = isBase64 ? Buffer.from(new Float32Array(values).buffer).toString("base64") : Array.from(values);
      return { object: "embedding", index, embedding };
    });
    parts.metrics.wrote({ prompt: tokens, completion: 0 });
    return context.json({ object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
  } finally {
    place.leave();
    lease.release();
  }
}
