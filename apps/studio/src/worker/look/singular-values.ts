// How many directions an update needs: the singular values of ΔW, without ever forming it.

import { LowrankError } from "@lowrank/contracts";
import { lowRankSvd } from "@lowrank/math";
import type { CallHandler } from "../call-handler.ts";
import { readStored } from "../shelf/shelf-folder.ts";
import { updatesIn } from "./updates.ts";

/** The share of the sum of squares that the singular values that matter hold. */
const shareThatMatters = 0.9;

/** A layer whose update is not a product of two thin matrices. */
class NoThinUpdateError extends LowrankError {
  constructor(readonly site: string) {
    super(
      "NO_THIN_UPDATE",
      `What the adapter does to ${site} is more than B·A – DoRA also rescales each column –, so it has no short list of singular values.`,
    );
  }
}

/** Throws NoThinUpdateError. */
export const singularValues: CallHandler<"singularValues"> = async ({ store }, { id, site }) => {
  const update = updatesIn(await readStored(store, id)).get(site);
  if (!update?.isWhole) throw new NoThinUpdateError(site);
  const { a, b, scaling } = update;
  const values = Array.from(lowRankSvd(b, a).s, (value) => Math.abs(scaling) * value);
  return { site, values, mattering: countMattering(values) };
};

/** How many of the first hold 90 % of the sum of squares; none where all are zero. */
export function countMattering(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value ** 2, 0);
  if (total === 0) return 0;
  let held = 0;
  const last = values.findIndex((value) => {
    held += value ** 2;
    return held >= shareThatMatters * total;
  });
  return last === -1 ? values.length : last + 1;
}
