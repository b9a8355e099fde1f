// The server's own thread: it has the port and answers /health, whatever the model computes meanwhile. Everything else it passes to
// the model's thread as messages, which come all at once; of sockets that thread would take one a step of the model.

import type { IncomingHttpHeaders } from "node:http";

export interface FrontData {
  readonly host: string;
  readonly port: number;
  /** Shared: whether the server stops, and the second in which the model's thread last had time for anything else. */
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly keepAliveMs: number;
  /** Seconds without a turn of the model's thread after which the server counts as stalled. */
  readonly stalledSeconds: number;
  /** Of a body. */
  readonly maxBytes: number;
  /** Hosts by which /health may be asked for; undefined: any. For others the model's thread refuses. */
  readonly hosts: readonly string[] | undefined;
}

/** A request that came in whole, or whose client has left. */
export type FromFront =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "left"; readonly id: number }
  | {
      readonly type: "asked";
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly headers: IncomingHttpHeaders;
      /** Where the client is: its address and port. */
      readonly address: string;
      readonly connection: string;
      readonly body: Uint8Array<ArrayBuffer>;
    };

/** A part of an answer, or that no more are to come. */
export type ToFront =
  | { readonly type: "head"; readonly id: number; readonly status: number; readonly headers: Record<string, string> }
  | { readonly type: "chunk"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly id: number }
  /** The port is closed; readers have this many milliseconds to take the rest of their answers. */
  | { readonly type: "close"; readonly readersMs: number };

/**
 * Runs as the source of a worker, so that no bundler has to find a file: it uses nothing but its parameters, and its functions
 * have no names, which some compilers keep by a helper that is not there.
 */
export function frontThread(
  http: typeof import("node:http"),
  { workerData, parentPort }: typeof import("node:worker_threads"),
): void {
  const { host, port, state, keepAliveMs, stalledSeconds, maxBytes, hosts } = workerData as FrontData; // from start-front.ts
  const answers = new Map<number, import("node:http").ServerResponse>();
  let latest = 0;
  const server = http.createServer((asked, answer) => {
    const { method = "GET", url = "/", headers, socket } = asked;
    const isKnown = hosts?.includes((headers.host ?? "").replace(/:\d+$/, "").toLowerCase()) ?? true;
    if (url === "/health" && isKnown && (method === "GET" || method === "HEAD")) {
      const isStalled = Math.floor(Date.now() / 1000) - Atomics.load(state, 1) > stalledSeconds;
      const status = Atomics.load(state, 0) === 1 ? "stopping" : isStalled ? "stalled" : "ok";
      answer.writeHead(status === "ok" ? 200 : 503, { "content-type": "application/json" });
      answer.end(JSON.stringify({ status }));
      return;
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    // A slow sender costs the model's thread nothing. Of a body that is too large comes as much as shows that.
    asked.on("data", (chunk: Uint8Array) => {
      if (bytes <= maxBytes) chunks.push(chunk);
      bytes += chunk.length;
    });
    asked.on("end", () => {
      const id = ++latest;
      answers.set(id, answer);
      answer.on("close", () => {
        answers.delete(id);
        if (!answer.writableEnded) parentPort?.postMessage({ type: "left", id });
      });
      const from = { address: socket.remoteAddress ?? "", connection: `${socket.remotePort}` };
      const body = Buffer.concat(chunks).subarray(0, maxBytes + 1);
      parentPort?.postMessage({ type: "asked", id, method, path: url, headers, ...from, body });
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
      setInterval(() => answers.size === 0 && server.closeAllConnections(), 20);
      setTimeout(() => server.closeAllConnections(), message.readersMs);
      return;
    }
    const answer = answers.get(message.id);
    if (message.type === "head" && answer?.headersSent === false) answer.writeHead(message.status, message.headers);
    if (message.type === "chunk") answer?.write(message.bytes);
    if (message.type === "end") answer?.end();
  });
}
