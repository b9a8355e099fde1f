// Whether two adapters look and act in the same directions (the paper's equation 4).

import { frobeniusNorm, type Matrix, subspaceSimilarity } from "@lowrank/math";
import type { CallHandler } from "../call-handler.ts";
import { readStored } from "../shelf/shelf-folder.ts";
import { placeOf } from "./place.ts";
import { updatesIn } from "./updates.ts";

/** At full ranks, of every layer that both adapters change and where their widths agree. */
export const similarity: CallHandler<"similarity"> = async ({ store }, { first, second }) => {
  const updates = updatesIn(await readStored(store, first));
  const others = updatesIn(await readStored(store, second));
  const cells = [...updates].flatMap(([site, { a, b }]) => {
    const other = others.get(site);
    if (other === undefined || other.a.columns !== a.columns || other.b.rows !== b.rows) return [];
    return [{ ...placeOf(site), reads: alike(a, other.a, "right"), writes: alike(b, other.b, "left") }];
  });
  return { first, second, cells };
};

/** 0 if one of them is zero, as B is before training. */
function alike(one: Matrix, other: Matrix, side: "left" | "right"): number {
  if (frobeniusNorm(one) === 0 || frobeniusNorm(other) === 0) return 0;
  const rankOf = ({ rows, columns }: Matrix) => Math.min(rows, columns);
  return subspaceSimilarity(one, other, { i: rankOf(one), j: rankOf(other), side });
}
