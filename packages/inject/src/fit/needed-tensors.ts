// Checks that an adapter's file has the tensors that a plan needs, with the right shapes.

import { type Adapter, parseTensorKey } from "@lowrank/adapter-format";
import { embeddingKeys, loraKeys, rankAxisOf } from "@lowrank/adapter-format/internal";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import { tensorsFor } from "../parts/part-kinds.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { lostBiases } from "./lost-biases.ts";

/** All tensors that the plan needs, with their shapes in files. */
export function neededShapes(plan: InjectionPlan): ReadonlyMap<string, readonly number[]> {
  return tensorsFor(plan.parts);
}

/** Missing tensors; for a missing A or B with the key of the other matrix. */
export function findMissing(plan: InjectionPlan, adapter: Adapter): readonly AdapterProblem[] {
  const { tensors } = adapter;
  const lost = lostBiases(plan, adapter);
  return [...neededShapes(plan).keys()].flatMap((key): AdapterProblem[] => {
    if (tensors.has(key) || lost.has(key)) return [];
    const partner = partnerOf(key);
    return [partner !== null && tensors.has(partner) ? { kind: "missing", key, partner } : { kind: "missing", key }];
  });
}

function partnerOf(key: string): string | null {
  const parsed = parseTensorKey(key);
  if (!parsed) return null;
  const [linear, table] = [loraKeys(parsed.path), embeddingKeys(parsed.path)];
  const partners = new Map([
    [linear.a, linear.b],
    [linear.b, linear.a],
    [table.a, table.b],
    [table.b, table.a],
  ]);
  return partners.get(key) ?? null;
}

/** Different shapes; a different rank is reported as a rank. */
export function findShapes(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  const ranks = ranksOf(plan);
  return [...neededShapes(plan)].flatMap(([key, expected]): AdapterProblem[] => {
    const got = tensors.get(key)?.shape;
    if (got === undefined || got.join() === expected.join()) return [];
    const rank = wrongRank(key, { got, expected, rank: ranks.get(key) });
    const isRest = rank === null || got.some((size, axis) => axis !== rankAxis(key) && size !== expected[axis]);
    return [...(rank ?? []), ...(isRest ? [{ kind: "shape", key, got, expected } as const] : [])];
  });
}

/** The planned rank of each A and B, by key. */
function ranksOf(plan: InjectionPlan): ReadonlyMap<string, number> {
  const matrices = [...partsOf(plan, "site"), ...partsOf(plan, "tied-site")];
  return new Map(matrices.flatMap(({ keys, rank }) => [keys.a, keys.b].map((key) => [key, rank] as const)));
}

interface Shapes {
  readonly got: readonly number[];
  readonly expected: readonly number[];
  readonly rank: number | undefined;
}

function wrongRank(key: string, { got, expected, rank }: Shapes): readonly AdapterProblem[] | null {
  const axis = rankAxis(key);
  if (axis === null || got.length !== expected.length || got[axis] === expected[axis]) return null;
  // In a grouped convolution, B has only a part of the rank.
  if (rank === undefined || expected[axis] !== rank) return null;
  return [{ kind: "rank", key, got: got[axis] ?? 0, expected: rank }];
}

function rankAxis(key: string): 0 | 1 | null {
  const parsed = parseTensorKey(key);
  return parsed && rankAxisOf(parsed.part);
}
