// The front: a thread with the port, which answers /health while the model computes. It passes all other requests to the model's thread
// as messages, because that thread receives all messages at once, but would accept only one socket for each step of the model.

import type { IncomingHttpHeaders } from "node:http";
import type { formReader } from "./form-reader.ts";
import type { SpooledUpload, spoolUpload } from "./spool-upload.ts";

/** Where uploads to /v1/files wait for their check. */
export interface UploadSpool {
  readonly folder: string;
  /** Maximum bytes of one upload. */
  readonly maxBytes: number;
  /** Maximum bytes of all uploads that have no answer yet. */
  readonly maxUnfinished: number;
}

export interface FrontData {
  readonly host: string;
  readonly port: number;
  /** Shared memory: whether the server stops, and the time (in seconds) when the model's thread last ran its event loop. */
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly keepAliveMs: number;
  /** After this many seconds without a turn of its event loop, the model's thread counts as stalled. */
  readonly stalledSeconds: number;
  readonly maxBytes: number;
  /** Undefined: there are no uploads. */
  readonly uploads: UploadSpool | undefined;
  /** Allowed host names in lower case; undefined: any. A web page may point its own name at this machine (DNS rebinding). */
  readonly hosts: readonly string[] | undefined;
  /** SHA-256 of the API key, which is compared in constant time; undefined: none is needed. */
  readonly keyDigest: Uint8Array | undefined;
}

/** A complete request, or the note that its client has disconnected. */
export type FromFront =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "disconnected"; readonly id: number }
  | {
      readonly type: "request";
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly headers: IncomingHttpHeaders;
      /** The client's address and port. */
      readonly address: string;
      readonly connection: string;
      /** What is wrong with a request whose body was not kept: its host name, its API key, its size, too many uploads, a full disk. */
      readonly refusal: "host" | "key" | "size" | "busy" | "disk" | undefined;
      /** A form with a file, in place of the body. */
      readonly upload: SpooledUpload | undefined;
      readonly body: Uint8Array<ArrayBuffer>;
    };

/** A part of a response, or its end. */
export type ToFront =
  | { readonly type: "head"; readonly id: number; readonly status: number; readonly headers: Record<string, string> }
  | { readonly type: "chunk"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly id: number }
  /** Closes the port; clients have this many milliseconds to read the rest of their responses. */
  | { readonly type: "close"; readonly readersMs: number };

/**
 * Its source text runs in a worker, so that bundlers need no separate file. It therefore uses only its parameters, and its functions
 * are anonymous, because some compilers keep function names with a helper that the worker does not have.
 */
export function frontThread(
  http: typeof import("node:http"),
  { workerData, parentPort }: typeof import("node:worker_threads"),
  { createHash, randomUUID, timingSafeEqual }: typeof import("node:crypto"),
  fs: typeof import("node:fs"),
  spool: typeof spoolUpload,
  read: typeof formReader,
): void {
  const { host, port, state, keepAliveMs, stalledSeconds, maxBytes, uploads, hosts, keyDigest } =
    workerData as FrontData; // from start-front.ts
  let unfinished = 0; // bytes of uploads
  const responses = new Map<number, import("node:http").ServerResponse>();
  let latest = 0;
  const server = http.createServer((request, response) => {
    const { method = "GET", url = "/", headers, socket } = request;
    const isKnown = hosts?.includes((headers.host ?? "").replace(/:\d+$/, "").toLowerCase()) ?? true;
    if (url === "/health" && isKnown && (method === "GET" || method === "HEAD")) {
      const isStalled = Math.floor(Date.now() / 1000) - Atomics.load(state, 1) > stalledSeconds;
      const status = Atomics.load(state, 0) === 1 ? "stopping" : isStalled ? "stalled" : "ok";
      response.writeHead(status === "ok" ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify({ status }));
      return;
    }
    const key = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    const hasKey = keyDigest === undefined || timingSafeEqual(createHash("sha256").update(key).digest(), keyDigest);
    // A form from a web page is refused, and its body is not kept.
    const isForm = url.split("?")[0] === "/v1/files" && method === "POST" && headers.origin === undefined;
    const boundary = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(
      headers["content-type"] ?? "",
    );
    const to = isForm && boundary !== null ? uploads : undefined;
    const limit = to?.maxBytes ?? maxBytes;
    const declared = Number(headers["content-length"] ?? (to === undefined ? 0 : limit));
    const taken = to === undefined ? 0 : Math.max(declared, limit / 100);
    const isBusy = to !== undefined && unfinished + taken > to.maxUnfinished;
    const refusal = !isKnown ? "host" : !hasKey ? "key" : declared > limit ? "size" : isBusy ? "busy" : undefined;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    new Promise<SpooledUpload | "size" | "disk" | undefined>((resolve) => {
      if (refusal !== undefined) return resolve(undefined);
      if (to !== undefined && boundary !== null) {
        const path = `${to.folder}/${randomUUID()}`;
        unfinished += taken;
        response.on("close", () => {
          unfinished -= taken;
          fs.rm(path, { force: true }, () => undefined); // unless it has become a file
        });
        return resolve(spool(fs, read, { request, path, boundary: boundary[1] ?? boundary[2] ?? "", maxBytes: limit }));
      }
      // Collected here, so that a slow client does not occupy the model's thread. A body is read only up to the limit.
      request.on("data", (chunk: Uint8Array) => {
        if (bytes <= limit) chunks.push(chunk);
        bytes += chunk.length;
      });
      request.on("end", () => resolve(undefined));
    }).then((spooled) => {
      const id = ++latest;
      responses.set(id, response);
      response.on("close", () => {
        responses.delete(id);
        if (!response.writableEnded) parentPort?.postMessage({ type: "disconnected", id });
      });
      const upload = typeof spooled === "object" ? spooled : undefined;
      const wrong = refusal ?? (typeof spooled === "string" ? spooled : undefined);
      const from = { address: socket.remoteAddress ?? "", connection: `${socket.remotePort}`, refusal: wrong, upload };
      const body = Buffer.concat(chunks).subarray(0, limit + 1);
      parentPort?.postMessage({ type: "request", id, method, path: url, headers, ...from, body });
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  server.listen({ host, port, backlog: 1024 }, () => {
    const address = server.address();
    parentPort?.postMessage({ type: "listening", port: typeof address === "object" ? address?.port : port });
  });
  parentPort?.on("message", (message: ToFront) => {
    if (message.type === "close") {
      server.close(() => process.exit());
      setInterval(() => responses.size === 0 && server.closeAllConnections(), 20);
      setTimeout(() => server.closeAllConnections(), message.readersMs);
      return;
    }
    const response = responses.get(message.id);
    if (message.type === "head" && response?.headersSent === false) response.writeHead(message.status, message.headers);
    if (message.type === "chunk") response?.write(message.bytes);
    if (message.type === "end") response?.end();
  });
}
