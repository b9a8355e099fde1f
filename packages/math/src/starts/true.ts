// The usual start: an adapter that changes nothing yet.

import { createPair } from "../pairs/create-pair.ts";
import type { Initialization } from "./initialization.ts";

/** A even on ±1/√inFeatures, B zero: the adapter changes nothing until it is trained. */
export const zeroStart: Initialization = {
  name: "true",
  source: "Hu et al. 2021, section 4.1; PEFT draws A by Kaiming's rule where the paper has a normal distribution",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === true,
  start: (request) => createPair({ ...request, init: "default" }),
};
