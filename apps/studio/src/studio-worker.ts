// The worker: one tab's models, adapters and runs. Calls that compute wait for each other; calls that control a run or only read
// do not.

import { LowrankError } from "@lowrank/contracts";
import type { CallName, Question, Reply } from "./protocol/calls.ts";
import { openStore } from "./storage/opfs-store.ts";
import type { CallHandler } from "./worker/call-handler.ts";
import { callHandlers } from "./worker/call-handlers.ts";
import { DeviceLostError, reasonOfLoss } from "./worker/engine/start.ts";
import { WorkerState } from "./worker/worker-state.ts";

/** These calls are answered at once, between two steps of the current work. */
const immediate: ReadonlySet<CallName> = new Set([
  ...(["pause", "continue", "stop", "rated", "stopChat"] as const),
  ...(["readRows", "checkRows", "plan", "countTokens"] as const),
  ...(["shelf", "rename", "remove", "restore"] as const),
]);

const state = openStore().then((store) => new WorkerState(store));
let last: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data, ports: [port] }: MessageEvent<Question>) => {
  if (port === undefined) return;
  const serve = () => reply(data, port);
  if (immediate.has(data.name)) void serve();
  else last = last.then(serve);
});

/** Never rejects: failures are reported. */
async function reply<Name extends CallName>({ name, request }: Question<Name>, port: MessagePort): Promise<void> {
  const send = (message: Reply<Name>) => port.postMessage(message);
  try {
    const handler: CallHandler<Name> = callHandlers[name];
    const answer = await handler(await state, request, (progress) => send({ type: "progress", progress }));
    send({ type: "answer", answer });
  } catch (error) {
    // Errors that follow from a lost GPU do not mention it.
    const lostDevice = await reasonOfLoss(await state);
    const reason = lostDevice === undefined ? error : new DeviceLostError(lostDevice, { cause: error });
    send({ type: "failed", ...wordsOf(reason) });
  }
}

function wordsOf(error: unknown): { readonly message: string; readonly code?: string } {
  if (LowrankError.isInstance(error)) return { message: error.message, code: error.code };
  return { message: `Something went wrong: ${error instanceof Error ? error.message : String(error)}` };
}
