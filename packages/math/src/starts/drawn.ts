// Starts that look at nothing but a layer's sizes: both matrices are drawn, or B is zero.

import type { PairInitialization } from "../kinds/layer-kind.ts";
import { createPair } from "../pairs/create-pair.ts";
import type { LoraPair } from "../pairs/lora-pair.ts";
import type { Initialization, StartRequest } from "./initialization.ts";

/** A even on ±1/√inFeatures, B zero: the adapter changes nothing until it is trained. */
export const zeroStart: Initialization = {
  name: "true",
  source: "Hu et al. 2021, section 4.1; PEFT draws A by Kaiming's rule where the paper has a normal distribution",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === true,
  start: (request) => drawnPair(request, "default"),
};

/** Both matrices random: the adapter changes the model from the start, for tests. */
export const randomStart: Initialization = {
  name: "false",
  source: "PEFT: torch's defaults for both linear layers",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === false,
  start: (request) => drawnPair(request, "random"),
};

/** A from N(0, 1/rank²), B zero. */
export const gaussianStart: Initialization = {
  name: "gaussian",
  source: "Hu et al. 2021, section 4.1; the deviation 1/rank is PEFT's",
  isDrawn: true,
  startsEmbeddings: true,
  answersTo: (init) => init === "gaussian",
  start: (request) => drawnPair(request, "gaussian"),
};

/** A pair by chance alone; the caller owns it. */
export function drawnPair(
  { inFeatures, outFeatures, rank, kind, geometry, key, name }: StartRequest,
  init: PairInitialization,
): LoraPair {
  return createPair({ inFeatures, outFeatures, rank, kind, geometry, key, name, init });
}
