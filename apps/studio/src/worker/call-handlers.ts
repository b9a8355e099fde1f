// The handler of each call. Handlers that a visitor needs later are loaded on first use.

import type { CallName } from "../protocol/calls.ts";
import type { CallHandler } from "./call-handler.ts";
import { countTokens } from "./chat/prompt-for.ts";
import { start } from "./engine/start.ts";
import { logits, memory } from "./look/console.ts";
import { weigh } from "./models/find-model.ts";
import { open } from "./models/open.ts";
import { checkRows } from "./rows/check-rows.ts";
import { remove, rename, restore, shelf } from "./shelf/shelf.ts";
import { plan } from "./training/plan.ts";
import { continueRun, forget, pause, rated, stop, unfinished } from "./training/unfinished.ts";

export const callHandlers: { readonly [Name in CallName]: CallHandler<Name> } = {
  start,
  weigh,
  open,
  logits,
  memory,
  chat: later(async () => (await import("./chat/chat.ts")).chat),
  stopChat: later(async () => (await import("./chat/chat.ts")).stopChat),
  countTokens,
  readRows: later(async () => (await import("./rows/read-rows.ts")).readRows),
  checkRows,
  picture: later(async () => (await import("./look/picture.ts")).picture),
  singularValues: later(async () => (await import("./look/singular-values.ts")).singularValues),
  similarity: later(async () => (await import("./look/similarity.ts")).similarity),
  takeHome: later(async () => (await import("./take-home/take-home.ts")).takeHome),
  addAdapter: later(async () => (await import("./shelf/add-adapter.ts")).addAdapter),
  mix: later(async () => (await import("./shelf/mix.ts")).mix),
  shelf,
  rename,
  remove,
  restore,
  plan,
  timeStep: later(async () => (await import("./training/time-step.ts")).timeStep),
  train: later(async () => (await import("./training/train.ts")).train),
  pause,
  continue: continueRun,
  stop,
  rated,
  unfinished,
  forget,
};

function later<Name extends CallName>(load: () => Promise<CallHandler<Name>>): CallHandler<Name> {
  return async (state, request, onProgress) => (await load())(state, request, onProgress);
}
