// The program of a decoder thread. It imports the module at the given URL, and answers one call after another.

import { parentPort, workerData } from "node:worker_threads";
import { buffersOf, type FromThread, type OpenDecoder, type ToThread } from "./decoder-module.ts";

if (parentPort !== null) void serve(parentPort, String(workerData));

async function serve(port: NonNullable<typeof parentPort>, url: string): Promise<void> {
  const { open } = (await import(/* @vite-ignore */ url)) as { open: OpenDecoder<unknown, unknown> }; // a DecoderModule
  const reads = new Map<number, (bytes: ArrayBuffer) => void>();
  let decode: ReturnType<typeof open> | undefined;
  let [current, requests] = [0, 0];
  const send = (message: FromThread, buffers: ArrayBuffer[] = []) => port.postMessage(message, buffers);
  const fail = (reason: unknown) => {
    const message = reason instanceof Error ? reason.message : String(reason);
    send({ kind: "failed", call: current, message, code: Reflect.get(Object(reason), "code") });
  };
  const read = (start: number, end: number) =>
    new Promise<ArrayBuffer>((resolve) => {
      requests += 1;
      reads.set(requests, resolve);
      send({ kind: "read", request: requests, start, end });
    });
  // If a decoder ignores a rejected promise, its current call fails.
  process.on("unhandledRejection", fail);
  port.on("message", async (message: ToThread) => {
    if (message.kind === "bytes") {
      reads.get(message.request)?.(message.bytes);
      reads.delete(message.request);
      return;
    }
    if (message.kind === "close") {
      decode = undefined; // and all that it holds of its file
      return;
    }
    current = message.call;
    try {
      decode ??= open(read);
      const output = await decode(message.input);
      send({ kind: "decoded", call: message.call, output }, buffersOf(output));
    } catch (reason) {
      // Promises that fail with this one do so first, in this call.
      setImmediate(() => fail(reason));
    }
  });
  send({ kind: "ready" });
}
