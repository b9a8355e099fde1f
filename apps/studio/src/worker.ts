// The worker: one session, asked by the page, answering with reports.

import { LowrankError } from "@lowrank/contracts";
import type { Report, Request } from "./protocol.ts";
import { openSession, type Session } from "./worker/session.ts";

const report = (message: Report, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

let session: Session | undefined;
let training: AbortController | undefined;

async function serve(request: Request): Promise<void> {
  if (request.type === "load") {
    session = await openSession(new URL("./", request.base));
    report({ type: "ready", ...session.summary });
    return;
  }
  if (session === undefined) throw new Error("The model is still loading.");
  switch (request.type) {
    case "train":
      training = new AbortController();
      await session.train(request.settings, { signal: training.signal, report });
      return;
    case "stop":
      training?.abort();
      return;
    case "answer":
      report({ type: "answered", side: "base", text: await session.answer(request.prompt, "base") });
      if (session.hasAdapter) {
        report({ type: "answered", side: "adapted", text: await session.answer(request.prompt, "adapted") });
      }
      return;
    case "download": {
      const zip = await session.zipAdapter();
      report({ type: "adapter", zip }, [zip.buffer as ArrayBuffer]);
      return;
    }
    case "logits":
      report({ type: "logits", values: await session.logits(request.inputIds) });
      return;
  }
}

self.addEventListener("message", (event: MessageEvent<Request>) => {
  serve(event.data).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    report({ type: "failed", message: LowrankError.isInstance(error) ? message : `Something went wrong: ${message}` });
  });
});
