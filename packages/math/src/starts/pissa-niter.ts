// PiSSA with a quick decomposition, for large weights.

import { randomizedSvd } from "../linear-algebra/randomized-svd.ts";
import type { Initialization } from "./initialization.ts";
import { pairOfDirections } from "./pissa.ts";
import { checkDirections } from "./subtracted-pair.ts";

const pattern = /^pissa_niter_(\d{1,4})$/;

export const quickPrincipalStart: Initialization = {
  name: "pissa_niter_<n>",
  source: "Meng, Wang & Zhang 2024 (PiSSA), arXiv 2404.02948; Halko, Martinsson & Tropp 2011",
  isDrawn: true,
  answersTo: (init) => typeof init === "string" && pattern.test(init),
  start(request) {
    checkDirections(request);
    const { seed, path } = request.key;
    const found = randomizedSvd(request.weight(), {
      rank: request.rank,
      powerIterations: Number(pattern.exec(String(request.init))?.[1]),
      key: { seed, path: `${path}.pissa` },
    });
    return pairOfDirections(found, request);
  },
};
