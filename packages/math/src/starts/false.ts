// Both factors random, so that an adapter acts at once: for tests, as in PEFT.

import { createPair } from "../pairs/create-pair.ts";
import type { Initialization } from "./initialization.ts";

/** Both matrices random: the adapter changes the model from the start, for tests. */
export const randomStart: Initialization = {
  name: "false",
  source: "PEFT: torch's defaults for both linear layers",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === false,
  start: (request) => createPair({ ...request, init: "random" }),
};
