// NaN and infinity in an adapter: one of them makes every score of the model NaN.

import { type Adapter, firstNonFinite } from "@lowrank/adapter-format";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";

/** The first of each tensor. */
export function findNonFinite({ tensors }: Adapter): readonly AdapterProblem[] {
  return [...tensors].flatMap(([key, { values }]): AdapterProblem[] => {
    const position = firstNonFinite(values);
    return position < 0 ? [] : [{ kind: "non-finite", key, got: values[position]!, position }];
  });
}
