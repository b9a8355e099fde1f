// Claims about what updates look like: sections 7.2 and 7.3 of the paper.

import type { Similarity } from "../../analyses/subspaces.ts";
import { meanOf } from "../../training/mean-of.ts";
import { type Claim, notRun, statusOf } from "./claim.ts";

const command = "sst2 --only lora-r8-qv,lora-r64-qv --seeds 2` and `npm run experiment -- subspaces";
const kinds = ["query", "value"] as const;

export const sharedTopDirection: Claim = {
  says: "The strongest direction of r = 8 lies in that of r = 64: similarity above 0.5.",
  source: "figure 3",
  judge({ subspaces }) {
    if (subspaces === undefined) return notRun("It needs adapters of both ranks", command);
    const found = kinds.map((matrix) => meanAt(subspaces.ranks, matrix, [0, 0]));
    const eight = kinds.map((matrix) => meanAt(subspaces.ranks, matrix, [7, 7]));
    return {
      status: statusOf(found.map((value) => value > 0.5)),
      because: `φ(1, 1), mean of six layers: query ${at(found, 0)}, value ${at(found, 1)}. Of the first eight directions, φ(8, 8): query ${at(eight, 0)}, value ${at(eight, 1)}; of two random matrices ${(subspaces.random[7]?.[7] ?? Number.NaN).toFixed(2)}.`,
    };
  },
};

export const seedsAgree: Claim = {
  says: "Two seeds find more of the same directions than chance would.",
  source: "figure 4",
  judge({ subspaces }) {
    if (subspaces === undefined || subspaces.seeds.length === 0)
      return notRun("It needs adapters of r = 64 with two seeds", command);
    const random = subspaces.random[7]?.[7] ?? Number.NaN;
    const found = kinds.map((matrix) => meanAt(subspaces.seeds, matrix, [7, 7]));
    return {
      status: statusOf(found.map((value) => value > 2 * random)),
      because: `φ(8, 8), mean of six layers: query ${at(found, 0)}, value ${at(found, 1)}; of two random matrices ${random.toFixed(2)}.`,
    };
  },
};

export const amplifies: Claim = {
  says: "The update makes directions stronger that the weight has, but does not emphasise; more so at low rank.",
  source: "table 7",
  judge({ subspaces }) {
    if (subspaces === undefined) return notRun("It needs adapters of r = 8 and r = 64", command);
    const rows = subspaces.amplified;
    const ranks = [...new Set(rows.map(({ rank }) => rank))].sort((one, other) => one - other);
    const factors = ranks.map((rank) => meanOf(rows.filter((row) => row.rank === rank).map(({ factor }) => factor)));
    const low = rows.filter(({ rank }) => rank === ranks[0]);
    const text = ranks.map((rank, index) => `r = ${rank} ${(factors[index] ?? Number.NaN).toFixed(2)}`).join(", ");
    const isMore = low.filter((row) => row.inUpdate > row.inRandom).length;
    return {
      status: statusOf([(factors[0] ?? 0) > 1, (factors[0] ?? 0) > (factors.at(-1) ?? 0), isMore === low.length]),
      because: `Amplification ‖ΔW‖ / ‖Uᵀ·W·V‖, mean of all adapted matrices: ${text}. In ${isMore} of ${low.length} the weight has more of the update's directions than of random ones.`,
    };
  },
};

function meanAt(all: readonly Similarity[], matrix: Similarity["matrix"], [i, j]: readonly [number, number]): number {
  return meanOf(all.filter((one) => one.matrix === matrix).map(({ grid }) => grid[i]?.[j] ?? Number.NaN));
}

function at(values: readonly number[], index: number): string {
  return (values[index] ?? Number.NaN).toFixed(2);
}
