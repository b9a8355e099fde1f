// Starts the front thread, and answers its requests.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { formReader } from "./form-reader.ts";
import { type FromFront, type FrontData, frontThread, type ToFront } from "./front-thread.ts";
import { spoolUpload } from "./spool-upload.ts";

type FrontRequest = Extract<FromFront, { type: "request" }>;

/** Longer than clients keep idle connections. With Node's 5 s, which httpx also has, both sides may close at the same moment. */
const keepAliveMs = 75_000;
/** No step of a model takes so long. */
const stalledSeconds = 300;

/** The origin of a request, which a client cannot forge. */
export type Client = Pick<FrontRequest, "address" | "connection" | "refusal" | "upload">;

/** The front thread, which has the port. */
export interface Front {
  readonly port: number;
  /** Makes /health report that the server stops. */
  announceStop(): void;
  /** Closes the port; clients have `readersMs` milliseconds to read the rest of their responses. */
  close(readersMs: number): Promise<void>;
}

/** Opens the port. Throws the system's error if it is in use. */
export async function startFront(
  answer: (request: Request, client: Client) => Promise<Response>,
  at: Pick<FrontData, "host" | "port" | "maxBytes" | "uploads" | "hosts" | "keyDigest">,
): Promise<Front> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const turn = () => Atomics.store(state, 1, Math.floor(Date.now() / 1000));
  turn();
  const workerData: FrontData = { ...at, state, keepAliveMs, stalledSeconds };
  const own = ["http", "worker_threads", "crypto", "fs"].map((name) => `require("node:${name}")`);
  const source = `(${frontThread})(${own.join(", ")}, ${spoolUpload}, ${formReader})`;
  const worker = new Worker(source, { eval: true, workerData });
  const send = (message: ToFront) => worker.postMessage(message);
  const running = new Map<number, AbortController>(); // by the ids of requests
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", (message: FromFront) => {
      if (message.type === "listening") resolve(message.port);
      else if (message.type === "disconnected") running.get(message.id)?.abort(new Error("The client has left."));
      else void answerOne(message);
    });
  });
  worker.removeAllListeners("error"); // later errors are unexpected, and crash the process
  const timer = setInterval(turn, 1000).unref();

  async function answerOne({ id, method, path, headers, body, ...client }: FrontRequest) {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const hasBody = method !== "GET" && method !== "HEAD";
      const pairs = Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      );
      const init = { method, headers: Object.fromEntries(pairs), signal: abort.signal, ...(hasBody && { body }) };
      const response = await answer(new Request(`http://front${path}`, init), client);
      send({ type: "head", id, status: response.status, headers: Object.fromEntries(response.headers) });
      // Sent immediately; data for a slow client waits in the front thread.
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read())
        send({ type: "chunk", id, bytes: part.value });
    } catch {
      send({ type: "head", id, status: 400, headers: {} }); // an invalid URL or method
    } finally {
      running.delete(id);
      send({ type: "end", id });
    }
  }

  return {
    port,
    announceStop: () => Atomics.store(state, 0, 1),
    close: async (readersMs) => {
      clearInterval(timer);
      const ended = once(worker, "exit");
      send({ type: "close", readersMs });
      await ended;
    },
  };
}
