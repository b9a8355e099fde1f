// Who answers which call: a line each. A call that nobody answers is refused by name.

import type { CallName } from "../protocol/calls.ts";
import type { Answerer } from "./answers.ts";
import { start } from "./engine/start.ts";
import { logits, memory } from "./look/console.ts";
import { open } from "./models/open.ts";
import { weigh } from "./models/weigh.ts";
import { checkRows } from "./rows/check-rows.ts";
import { readRows } from "./rows/read-rows.ts";

export const answerers: { readonly [Name in CallName]?: Answerer<Name> } = {
  start,
  weigh,
  open,
  logits,
  memory,
  readRows,
  checkRows,
};
