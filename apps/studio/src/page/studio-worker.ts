// The worker behind the page: requests go in, reports come out.

import type { Report, Request } from "../old-protocol.ts";

export class StudioWorker {
  readonly #worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });

  /** Starts the worker, whose reports go to `receive`. */
  constructor(receive: (report: Report) => void) {
    this.#worker.addEventListener("message", (event: MessageEvent<Report>) => receive(event.data));
    this.#worker.addEventListener("error", ({ message }) => {
      // A script that cannot be loaded gives an event without a message.
      const reason = message ? `The worker stopped: ${message}.` : "The worker's script could not be loaded.";
      receive({ type: "failed", during: "load", message: reason });
    });
  }

  ask(request: Request): void {
    this.#worker.postMessage(request);
  }

  /** Asks and waits for the one answer, beside the page's own conversation; rejects where the worker fails. */
  question(request: Request): Promise<Report> {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve, reject) => {
      port1.onmessage = ({ data }: MessageEvent<Report>) => {
        port1.close();
        if (data.type === "failed") reject(new Error(data.message));
        else resolve(data);
      };
      this.#worker.postMessage(request, [port2]);
    });
  }
}
