// Initializations that only need a layer's sizes: both matrices are random, or B is zero.

import type { RandomInit } from "../kinds/layer-kind.ts";
import { createLora } from "../matrices/create-lora.ts";
import type { LoraMatrices } from "../matrices/lora-matrices.ts";
import type { Initialization, InitRequest } from "./initialization.ts";

function drawnInit(init: RandomInit, facts: Pick<Initialization, "name" | "source" | "accepts">): Initialization {
  return {
    ...facts,
    isDrawn: true,
    initializesEmbeddings: true,
    initialize: (request) => randomMatrices(request, init),
  };
}

/** A is uniform in ±1/√inFeatures, B is zero: the untrained adapter changes nothing. */
export const zeroInit = drawnInit("default", {
  name: "true",
  source: "Hu et al. 2021, section 4.1; PEFT draws A by Kaiming's rule where the paper has a normal distribution",
  accepts: (init) => init === true,
});

/** Both matrices are random: the untrained adapter changes the model, for tests. */
export const randomInit = drawnInit("random", {
  name: "false",
  source: "PEFT: torch's defaults for both linear layers",
  accepts: (init) => init === false,
});

/** A from N(0, 1/rank²), B zero. */
export const gaussianInit = drawnInit("gaussian", {
  name: "gaussian",
  source: "Hu et al. 2021, section 4.1; the deviation 1/rank is PEFT's",
});

/** Random A and B. The caller owns them. */
export function randomMatrices(
  { inFeatures, outFeatures, rank, kind, geometry, key, name }: InitRequest,
  init: RandomInit,
): LoraMatrices {
  return createLora({ inFeatures, outFeatures, rank, kind, geometry, key, name, init });
}
