// The paper's start with a normal distribution, as PEFT scales it.

import { createPair } from "../pairs/create-pair.ts";
import type { Initialization } from "./initialization.ts";

/** A from N(0, 1/rank²), B zero. */
export const gaussianStart: Initialization = {
  name: "gaussian",
  source: "Hu et al. 2021, section 4.1; the deviation 1/rank is PEFT's",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === "gaussian",
  start: (request) => createPair({ ...request, init: "gaussian" }),
};
