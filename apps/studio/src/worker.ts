// The worker: one session, asked by the page, answering with reports.

import { LowrankError } from "@lowrank/contracts";
import type { Report, Request } from "./old-protocol.ts";
import { openSession, type Session } from "./worker/session.ts";

/** Where an answer goes: to the page, or to the port that came with the question. */
type Send = (message: Report, transfer?: Transferable[]) => void;

let session: Session | undefined;
let training: AbortController | undefined;

async function serve(request: Request, send: Send): Promise<void> {
  if (request.type === "load") {
    session = await openSession(new URL("./", request.base));
    send({ type: "ready", ...session.summary });
    return;
  }
  if (session === undefined) throw new Error("There is no model: it is still loading, or did not load.");
  switch (request.type) {
    case "train": {
      training = new AbortController();
      const { signal } = training;
      const steps = await session.train(request.settings, { signal, report: send });
      send({ type: "trained", stopped: signal.aborted, steps });
      return;
    }
    case "stop":
      training?.abort();
      return;
    case "answer": {
      const sides = session.hasAdapter ? (["base", "adapted"] as const) : (["base"] as const);
      for (const side of sides) {
        const text = await session.answer(request.prompt, side);
        send({ type: "answered", side, text, isLast: side === sides.at(-1) });
      }
      return;
    }
    case "download": {
      const zip = await session.zipAdapter();
      send({ type: "adapter", zip }, [zip.buffer as ArrayBuffer]);
      return;
    }
    case "logits":
      send({ type: "logits", values: await session.logits(request.inputIds) });
      return;
    case "memory":
      send({ type: "memory", ...session.memory() });
      return;
  }
}

self.addEventListener("message", ({ data, ports: [port] }: MessageEvent<Request>) => {
  const send: Send = (message, transfer = []) => (port ?? self).postMessage(message, { transfer });
  serve(data, send).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    const message = LowrankError.isInstance(error) ? text : `Something went wrong: ${text}`;
    send({ type: "failed", during: data.type, message });
  });
});
