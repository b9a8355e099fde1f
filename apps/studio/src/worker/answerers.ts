// Who answers which call: a line each. A call that nobody answers is refused by name.

import type { CallName } from "../protocol/calls.ts";
import type { Answerer } from "./answers.ts";
import { chat, stopChat } from "./chat/chat.ts";
import { countTokens } from "./chat/count-tokens.ts";
import { start } from "./engine/start.ts";
import { logits, memory } from "./look/console.ts";
import { picture } from "./look/picture.ts";
import { similarity } from "./look/similarity.ts";
import { singularValues } from "./look/singular-values.ts";
import { open } from "./models/open.ts";
import { weigh } from "./models/weigh.ts";
import { checkRows } from "./rows/check-rows.ts";
import { readRows } from "./rows/read-rows.ts";
import { addAdapter } from "./shelf/add-adapter.ts";
import { mix } from "./shelf/mix.ts";
import { duplicate, remove, rename, restore, shelf } from "./shelf/shelf.ts";
import { takeHome } from "./take-home/take-home.ts";
import { plan } from "./training/plan.ts";
import { goOn, pause, stop } from "./training/steer.ts";
import { timeStep } from "./training/time-step.ts";
import { train } from "./training/train.ts";
import { forget, unfinished } from "./training/unfinished.ts";

export const answerers: { readonly [Name in CallName]?: Answerer<Name> } = {
  start,
  weigh,
  open,
  logits,
  memory,
  ...{ chat, stopChat, countTokens },
  readRows,
  checkRows,
  ...{ picture, singularValues, similarity },
  takeHome,
  ...{ shelf, addAdapter, rename, duplicate, remove, restore, mix },
  plan,
  timeStep,
  train,
  pause,
  continue: goOn,
  stop,
  unfinished,
  forget,
};
