// The page's end of the worker: a call is a promise, and its progress is reported to a listener.

import type { CallName, Calls, Question, Reply } from "./protocol/calls.ts";

/** An error that the worker reported. */
export class WorkerFailure extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** An error as the page shows it: by words for its code, or its own. */
export interface Failure {
  readonly code: string | undefined;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  const code = error instanceof WorkerFailure ? error.code : undefined;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** Calls the worker; rejects with a WorkerFailure. */
export type Ask = <Name extends CallName>(
  name: Name,
  request: Calls[Name]["request"],
  onProgress?: (progress: Calls[Name]["progress"]) => void,
) => Promise<Calls[Name]["answer"]>;

/** Starts the worker. `onBroken` is called if its script cannot be loaded, and for errors outside of calls. */
export function startWorker(onBroken: (reason: string) => void): Ask {
  const worker = new Worker(new URL("./studio-worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("error", ({ message }) => {
    // A script that cannot be loaded gives an event without a message.
    onBroken(message ? `The worker stopped: ${message}.` : "The worker's script could not be loaded.");
  });
  return (name, request, onProgress) =>
    new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Reply<typeof name>>) => {
        if (data.type === "progress") return onProgress?.(data.progress);
        port1.close();
        if (data.type === "answer") resolve(data.answer);
        else reject(new WorkerFailure(data.message, data.code));
      };
      const question: Question<typeof name> = { name, request };
      worker.postMessage(question, [port2]);
    });
}
