// The pair takes over a part of the weight, as PiSSA, but directions are judged by what the layer is given: the weight times
// the inputs' second moments is decomposed.

import { columnsOf, type Matrix, multiply } from "../../linear-algebra/matrix.ts";
import { solveSymmetric } from "../../linear-algebra/solve-symmetric.ts";
import { svd } from "../../linear-algebra/svd.ts";
import { truncatedSvd } from "../../linear-algebra/truncated-svd.ts";
import type { Initialization } from "../initialization.ts";
import { pairOfDirections } from "../pissa.ts";
import { checkDirections } from "../subtracted-pair.ts";
import { measuredOf } from "./measured-of.ts";

/**
 * Added to the diagonal, as a share of its mean: inputs rarely use all directions. PEFT doubles it while float32 cannot invert
 * the result; float64 can.
 */
const damping = 0.01;

export const contextStart: Initialization = {
  name: "corda",
  source: "Yang et al. 2024 (CorDA), arXiv 2406.05223",
  isDrawn: false,
  answersTo: (init) => init === "corda",
  start(request) {
    checkDirections(request);
    const { rank, settings = {} } = request;
    const moments = damped(measuredOf(request, "moments"));
    const seen = multiply(moments, request.weight()); // [inFeatures, outFeatures]
    const isLast = settings.corda === "kpm";
    const found = isLast ? svd(seen) : truncatedSvd(seen, rank);
    const [from, to] = isLast ? [found.s.length - rank, found.s.length] : [0, rank];
    return pairOfDirections(
      {
        u: solveSymmetric(moments, columnsOf(found.u, from, to)), // back from seen to the weight itself
        s: found.s.slice(from, to),
        v: columnsOf(found.v, from, to),
      },
      request,
    );
  },
};

function damped({ rows: size, columns, values }: Matrix): Matrix {
  const sums = values.slice();
  let trace = 0;
  for (let index = 0; index < size; index++) trace += values[index * (size + 1)]!;
  for (let index = 0; index < size; index++) sums[index * (size + 1)]! += (damping * trace) / size;
  return { rows: size, columns, values: sums };
}
