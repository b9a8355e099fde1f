// Serves a model on a port of this machine.

import { createHash, randomUUID } from "node:crypto";
import { basename } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { AdapterRegistry } from "./adapters/adapter-registry.ts";
import { WatchedFolder } from "./adapters/watch-folder.ts";
import { createApp } from "./app.ts";
import { RequestError, serveOptionError } from "./errors.ts";
import type { FineTuning } from "./fine-tuning/fine-tuner.ts";
import { JobQueue, spoolOf } from "./fine-tuning/job-queue.ts";
import type { UploadSpool } from "./front/front-thread.ts";
import { type Client, startFront } from "./front/start-front.ts";
import { Metrics } from "./metrics.ts";
import { FairQueue } from "./queue/fair-queue.ts";
import { rowRecorder } from "./record/record-rows.ts";
import { requestLimits } from "./requests/fields.ts";
import type { ServedAdapter, ServedModel, WriterLimits } from "./served-model.ts";

/** Where and how to serve. */
export interface ServeOptions extends WriterLimits {
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined;
  /** Default 8000; 0 selects a free port. */
  readonly port?: number | undefined;
  /** The base model's name for clients; default: the last part of the path or name by which it was opened. */
  readonly name?: string | undefined;
  /** A secret that clients send as a bearer token (`api_key`). */
  readonly token?: string | undefined;
  /** Extra host names accepted in requests, in addition to localhost. Other names are refused, against DNS rebinding. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The origin of web pages that may use this server, such as "https://page.example", or "*" for all. Default: none (no CORS headers). */
  readonly cors?: string | undefined;
  /** A folder with one folder for each adapter, whose name clients use. New, changed and removed adapters are detected. */
  readonly adapterFolder?: string | undefined;
  /** Fine-tuning API of OpenAI: the folder of its files and jobs, and what trains. Default: off. */
  readonly fineTuning?: FineTuning | undefined;
  /** A file to which conversations and their complete answers are appended as rows to train on. Default: nothing is recorded. */
  readonly record?: string | undefined;
  /** The prompt template for conversations, if the model has no chat template. */
  readonly template?: string | undefined;
  /** Maximum bytes of a request's body; default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Maximum new tokens of one text that a client may request; default 4096. */
  readonly maxNewTokens?: number | undefined;
  /** Receives a line for each adapter that is added, changed or removed. */
  readonly onNote?: ((line: string) => void) | undefined;
}

const optionNames: OptionNames<ServeOptions> = {
  host: true,
  port: true,
  name: true,
  token: true,
  allowedHosts: true,
  adapterFolder: true,
  template: true,
  cors: true,
  maxBodyBytes: true,
  maxNewTokens: true,
  onNote: true,
  fineTuning: true,
  record: true,
  maxRows: true,
  maxPositions: true,
  maxPromptTokens: true,
  maxWaiting: true,
};

/** A running server. */
export interface RunningServer {
  /** Its address for clients (`baseURL` without `/v1`). */
  readonly url: string;
  /** Names that clients may use. */
  readonly models: readonly string[];
  /** Checks the folder of adapters now. */
  refresh(): Promise<void>;
  /**
   * Refuses new requests (503), waits until all requested texts are written, for at most `graceMs` if given, gives clients ten more
   * seconds to read them, and closes. The caller keeps the model.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

const watchMs = 1000;
const readersMs = 10_000;
const maxWaiting = 256;
/** The writer's default. */
const maxRows = 16;
const maxDepth = 32;

/**
 * Serves a model and its adapters with OpenAI's HTTP API: `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings`, `/v1/models`,
 * and `/metrics` for Prometheus. Texts of all clients are batched together, each with the adapter that its request names.
 *
 * @throws SERVE_OPTION; the system's error if the port is in use or the folder of adapters cannot be read
 *
 * @example
 * ```ts
 * import { type ServedModel, serve } from "@lowrank/serve";
 *
 * export async function serveForAnHour(model: ServedModel): Promise<void> {
 *   const server = await serve(model, { port: 8000, adapterFolder: "adapters" });
 *   setTimeout(() => server.stop(), 3_600_000);
 * }
 * ```
 */
export async function serve<Adapter extends ServedAdapter>(
  model: ServedModel<Adapter>,
  options: ServeOptions = {},
): Promise<RunningServer> {
  refuseUnknownOptions("serve", options, optionNames);
  const { host = "127.0.0.1", port = 8000, name = basename(model.name), onNote = () => undefined } = options;
  checkOptions(options);
  const writer = await model.writer({ maxWaiting, ...writerLimits(options) });
  const queue = new FairQueue({ maxInside: options.maxRows ?? maxRows, maxWaiting: options.maxWaiting ?? maxWaiting });
  const registry = new AdapterRegistry(model, name, Date.now);
  const { adapterFolder: folder } = options;
  const watched = folder === undefined ? undefined : new WatchedFolder(registry, { folder, onNote });
  await watched?.look();
  const { fineTuning } = options;
  const jobs = fineTuning && (await JobQueue.open({ fineTuning, models: registry, onNote }));
  const ended = new AbortController();
  let isStopping = false;
  const maxBytes = options.maxBodyBytes ?? 4 * 2 ** 20;
  const uploads = fineTuning && uploadSpool(fineTuning);
  const app = createApp({
    model,
    writer,
    queue,
    registry,
    metrics: new Metrics(),
    template: options.template,
    cors: options.cors,
    recorder: options.record === undefined ? undefined : rowRecorder(options.record, onNote),
    fineTuning: jobs && { jobs, files: jobs.fileParts() },
    limits: {
      ...requestLimits,
      defaults: model.defaults ?? requestLimits.defaults,
      maxNewTokens: options.maxNewTokens ?? requestLimits.maxNewTokens,
      maxBytes,
      maxDepth,
    },
    isStopping: () => isStopping,
    ended: ended.signal,
    now: Date.now,
    newId: randomUUID,
  });
  const answer = async (request: Request, client: Client) => app.fetch(request, client);
  const hosts = hostsFor(host, options.allowedHosts);
  const keyDigest = options.token === undefined ? undefined : createHash("sha256").update(options.token).digest();
  const at = { host, port, maxBytes, uploads, hosts, keyDigest };
  const front = await startFront(answer, at).catch(async (error: unknown) => {
    await jobs?.stop();
    throw error;
  });
  const timer = setInterval(() => void watched?.look().catch((error) => onNote(String(error))), watchMs).unref();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${front.port}`,
    get models() {
      return registry.names.map(({ id }) => id);
    },
    refresh: async () => watched?.look(),
    stop: async ({ graceMs } = {}) => {
      isStopping = true;
      front.announceStop();
      clearInterval(timer);
      const end = () => ended.abort(new RequestError(503, "STOPPED", "The server has stopped."));
      const grace = graceMs === undefined ? undefined : setTimeout(end, Math.min(graceMs, 2 ** 31 - 1));
      await Promise.all([queue.whenEmpty(), jobs?.stop()]);
      await writer.stop();
      clearTimeout(grace);
      await front.close(readersMs);
    },
  };
}

function uploadSpool({ folder, maxFileBytes: maxBytes = 100 * 2 ** 20 }: FineTuning): UploadSpool {
  return { folder: spoolOf(folder), maxBytes, maxUnfinished: 4 * maxBytes };
}

function checkOptions({ port, token }: ServeOptions): void {
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw serveOptionError("port", port, "a whole number from 0 to 65535");
  if (token === "") throw serveOptionError("token", '""', "a secret, or none at all");
  if (token !== undefined && !/^[!-~]([ -~]*[!-~])?$/.test(token)) {
    const expected = "ASCII letters, digits and signs: many clients cannot send others in a header";
    throw serveOptionError("token", "a text with other characters", expected);
  }
}

function writerLimits({ maxRows, maxPositions, maxPromptTokens, maxWaiting }: ServeOptions): WriterLimits {
  const limits = { maxRows, maxPositions, maxPromptTokens, maxWaiting };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/** Allowed host names: for a local server this machine's names, for a network server any, unless `allowed` has names. */
function hostsFor(host: string, allowed: readonly string[] | undefined): readonly string[] | undefined {
  const isLocal = ["127.0.0.1", "localhost", "::1"].includes(host);
  if (allowed === undefined) return isLocal ? ownNames : undefined;
  return [...ownNames, ...allowed, host].map((name) => name.toLowerCase());
}
