// The pair takes over the weight's strongest directions, so that training starts with them.

import { scaleColumns, transpose } from "../linear-algebra/matrix.ts";
import type { Svd } from "../linear-algebra/svd.ts";
import { truncatedSvd } from "../linear-algebra/truncated-svd.ts";
import type { LoraPair } from "../pairs/lora-pair.ts";
import type { Initialization, StartRequest } from "./initialization.ts";
import { checkDirections, checkScaling, subtractedPair } from "./subtracted-pair.ts";

export const principalStart: Initialization = {
  name: "pissa",
  source: "Meng, Wang & Zhang 2024 (PiSSA), arXiv 2404.02948",
  isDrawn: false,
  answersTo: (init) => init === "pissa",
  start(request) {
    checkDirections(request);
    return pairOfDirections(truncatedSvd(request.weight(), request.rank), request);
  },
};

/** A and B each get the square root of the singular values, divided by s so that s·A·B is the part taken over. */
export function pairOfDirections({ u, s, v }: Svd, request: StartRequest): LoraPair {
  checkScaling(request, request.scaling > 0);
  const roots = s.map((value) => Math.sqrt(value / request.scaling));
  return subtractedPair(scaleColumns(u, roots), transpose(scaleColumns(v, roots)), request);
}
