// Runs decoders of other libraries in a thread of their own. If a damaged or hostile file makes one hang, use too much memory or
// reject a promise, the result is only an error. In a browser they run in the calling thread.

import type { Worker } from "node:worker_threads";
import { buffersOf, type DecoderModule, type FromThread, type ReadBytes, type ToThread } from "./decoder-module.ts";
import { isAlive, startThread } from "./start-thread.ts";

/** Allowed CPU time in milliseconds, for any file and for each byte: many times more than normal files need. */
const time = { any: 1200, each: 0.005 };
/** Allowed memory in bytes, for any file and for each byte. */
const memory = { any: 2 ** 28, each: 200 };
/** Limit of wall-clock time as a multiple of CPU time, because a busy machine gives a thread only part of its time. */
const patience = 10;
/** In milliseconds. If more passed between two checks, this process was busy: excess time and memory are not charged to the decoder. */
const maxInterval = 250;

/** Measures a decoder's time and memory from outside, because a busy thread cannot answer. */
class ResourceLimits {
  #given = 0;
  #last = measure();
  #spent = { processor: 0, clock: 0, bytes: 0 };

  /** Raises the limits by the bytes that the decoder received. */
  give(bytes: number): void {
    this.#given += bytes;
  }

  /** The exceeded limit, as a text; undefined if there is none. Must be called every few milliseconds. */
  excess(): string | undefined {
    const [now, last] = [measure(), this.#last];
    this.#last = now;
    const clock = Math.min(now.clock - last.clock, maxInterval);
    this.#spent.clock += clock;
    this.#spent.processor += Math.min(now.processor - last.processor, clock);
    if (clock < maxInterval) this.#spent.bytes += now.bytes - last.bytes;
    const milliseconds = Math.round(time.any + time.each * this.#given);
    const bytes = memory.any + memory.each * this.#given;
    if (this.#spent.bytes > bytes) return `it needs more than ${Math.round(bytes / 1e6)} MB to unpack`;
    const isLate = this.#spent.processor > milliseconds || this.#spent.clock > patience * milliseconds;
    return isLate ? `it needs longer than ${milliseconds} ms to unpack` : undefined;
  }
}

function measure(): { readonly clock: number; readonly processor: number; readonly bytes: number } {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now(), processor: (user + system) / 1000, bytes: process.memoryUsage.rss() };
}

/** Milliseconds between two checks of a decoder. */
const interval = 20;

/** Idle threads by module, kept because starting a thread takes longer than most files. */
const idle = new Map<string, Worker>();

let calls = 0;

/**
 * Decodes one file after another, or one file in parts, which it requests from `read`. Calls must not overlap.
 *
 * A call rejects with the decoder's error, or with an error about an exceeded limit: 1.2 seconds of CPU time plus 5 seconds for each
 * megabyte of input, or 256 MiB of memory plus 200 bytes for each byte of input.
 */
export class GuardedDecoder<Input, Output> {
  #worker: Worker | undefined;
  #direct: ((input: Input) => Output | Promise<Output>) | undefined;

  constructor(
    private readonly module: DecoderModule<Input, Output>,
    private readonly read: ReadBytes = () => Promise.reject(new Error("The decoder reads no file.")),
  ) {}

  /** Byte arrays of the input that fill their buffers are transferred, not copied. */
  async decode(input: Input): Promise<Output> {
    if (this.#direct !== undefined) return this.#direct(input);
    const worker = await this.#thread();
    if (worker !== undefined) return this.#decodeIn(worker, input);
    this.#direct = (await this.module.load()).open(this.read);
    return this.#direct(input);
  }

  /** Closes a file. The thread stays for the next one. */
  close(): void {
    const [worker, url] = [this.#worker, this.module.url()];
    this.#worker = undefined;
    if (worker === undefined || url === undefined) return;
    worker.postMessage({ kind: "close" } satisfies ToThread);
    if (idle.has(url)) void worker.terminate();
    else idle.set(url, worker);
  }

  async #thread(): Promise<Worker | undefined> {
    if (isAlive(this.#worker)) return this.#worker;
    const url = this.module.url();
    if (url === undefined) return undefined;
    const waiting = idle.get(url);
    idle.delete(url);
    this.#worker = isAlive(waiting) ? waiting : await startThread(url);
    return this.#worker;
  }

  #decodeIn(worker: Worker, input: Input): Promise<Output> {
    calls += 1;
    const call = calls;
    const allowance = new ResourceLimits();
    return new Promise<Output>((resolve, reject) => {
      let isSettled = false;
      const send = (message: ToThread, transferred: ArrayBuffer[] = []) => worker.postMessage(message, transferred);
      const settle = (end: () => void) => {
        if (isSettled) return;
        isSettled = true;
        clearInterval(watch);
        worker.off("message", hear).off("error", stop).off("exit", stop).unref();
        end();
      };
      const stop = (reason: unknown) => {
        settle(() => reject(reason instanceof Error ? reason : new Error("its decoder stopped unexpectedly")));
        this.#worker = undefined;
        void worker.terminate();
      };
      const give = async ({ request, start, end }: Extract<FromThread, { kind: "read" }>) => {
        const bytes = await this.read(start, end);
        allowance.give(bytes.byteLength);
        if (!isSettled) send({ kind: "bytes", request, bytes }); // copied, because the source may still use it
      };
      const hear = (message: FromThread) => {
        if (message.kind === "read") give(message).catch(stop);
        else if (message.kind === "ready" || message.call !== call) return;
        else if (message.kind === "decoded")
          settle(() => resolve(message.output as Output)); // the type of its module
        else settle(() => reject(Object.assign(new Error(message.message), { code: message.code })));
      };
      const watch = setInterval(() => {
        const excess = allowance.excess();
        // Deferred, so that an answer that arrived while this process was busy is handled first.
        if (excess !== undefined) setImmediate(() => isSettled || stop(new Error(excess)));
      }, interval);
      worker.on("message", hear).on("error", stop).on("exit", stop).ref();
      const buffers = buffersOf(input);
      for (const { byteLength } of buffers) allowance.give(byteLength);
      send({ kind: "decode", call, input }, buffers);
    });
  }
}
