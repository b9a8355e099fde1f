// The type of a call's answerer.

import type { CallName, Calls } from "../protocol/calls.ts";
import type { Workshop } from "./workshop.ts";

/** Answers one call, telling its news on the way. */
export type Answerer<Name extends CallName> = (
  workshop: Workshop,
  request: Calls[Name]["request"],
  onNews: (news: Calls[Name]["news"]) => void,
) => Promise<Calls[Name]["answer"]> | Calls[Name]["answer"];
