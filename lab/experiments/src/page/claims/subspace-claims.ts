// Claims about updates themselves: sections 7.2 and 7.3 of the paper.

import type { Similarity } from "../../analyses/subspaces.ts";
import { meanOf } from "../../training/mean-of.ts";
import { type Claim, notRun, statusOf, type Table } from "./claim.ts";

const command = "sst2 --only lora-r8-qv,lora-r64-qv --seeds 2` and `npm run experiment -- subspaces";
const kinds = ["query", "value"] as const;
const trained = "trained for 1 epoch on SST-2, on query and value";

export const sharedTopDirection: Claim = {
  title: "Rank 8 and rank 64 share their strongest direction",
  statement: "The strongest direction of r = 8 is in the subspace of r = 64: their similarity is above 0.5.",
  source: "figure 3",
  compared: `φ(i, j) is the similarity, 0 to 1, of the first i directions of r = 8 and the first j directions of r = 64. Both are ${trained}; mean of six layers.`,
  picture: { file: "ranks.svg", text: "Similarity of the subspaces of r = 8 and r = 64, layer by layer" },
  judge({ subspaces }) {
    if (subspaces === undefined) return notRun("It needs adapters of both ranks", command);
    const found = kinds.map((matrix) => meanAt(subspaces.ranks, matrix, [0, 0]));
    const eight = kinds.map((matrix) => meanAt(subspaces.ranks, matrix, [7, 7]));
    return {
      status: statusOf(found.map((value) => value > 0.5)),
      because: `φ(1, 1) is ${at(found, 0)} for query and ${at(found, 1)} for value.`,
      table: table([
        ["φ(1, 1)", at(found, 0), at(found, 1), ""],
        ["φ(8, 8)", at(eight, 0), at(eight, 1), random(subspaces.random)],
      ]),
    };
  },
};

export const seedsAgree: Claim = {
  title: "Two seeds share directions",
  statement: "Two seeds share more directions than random matrices do.",
  source: "figure 4",
  compared: `φ(8, 8) of two seeds of r = 64, ${trained}; mean of six layers. More than twice the value of two random matrices counts.`,
  picture: { file: "seeds.svg", text: "Similarity of the subspaces of two seeds, layer by layer" },
  judge({ subspaces }) {
    if (subspaces === undefined || subspaces.seeds.length === 0)
      return notRun("It needs adapters of r = 64 with two seeds", command);
    const twice = 2 * (subspaces.random[7]?.[7] ?? Number.NaN);
    const found = kinds.map((matrix) => meanAt(subspaces.seeds, matrix, [7, 7]));
    return {
      status: statusOf(found.map((value) => value > twice)),
      because: `φ(8, 8) is ${at(found, 0)} for query and ${at(found, 1)} for value.`,
      table: table([["φ(8, 8)", at(found, 0), at(found, 1), random(subspaces.random)]]),
    };
  },
};

export const amplifies: Claim = {
  title: "Updates amplify what the weight has",
  statement:
    "The update amplifies directions that the weight has but does not emphasise, and does so more at a low rank.",
  source: "table 7",
  compared: `Amplification is ‖ΔW‖ / ‖Uᵀ·W·V‖ of adapters ${trained}; mean of all adapted matrices.`,
  judge({ subspaces }) {
    if (subspaces === undefined) return notRun("It needs adapters of r = 8 and r = 64", command);
    const rows = subspaces.amplified;
    const ranks = [...new Set(rows.map(({ rank }) => rank))].sort((one, other) => one - other);
    const factors = ranks.map((rank) => meanOf(rows.filter((row) => row.rank === rank).map(({ factor }) => factor)));
    const isMore = ranks.map((rank) => {
      const some = rows.filter((row) => row.rank === rank);
      return { count: some.filter((row) => row.inUpdate > row.inRandom).length, of: some.length };
    });
    const [low] = isMore;
    return {
      status: statusOf([
        (factors[0] ?? 0) > 1,
        (factors[0] ?? 0) > (factors.at(-1) ?? 0),
        low !== undefined && low.count === low.of,
      ]),
      because: `r = ${ranks[0]} amplifies more than r = ${ranks.at(-1)}. In ${low?.count} of ${low?.of} matrices the base weight has more of the update's directions than of random ones.`,
      table: {
        head: [
          "rank",
          "amplification",
          "matrices whose weight has more of the update's directions than of random ones",
        ],
        rows: ranks.map((rank, index) => [rank, at(factors, index), `${isMore[index]?.count} of ${isMore[index]?.of}`]),
      },
    };
  },
};

function table(rows: Table["rows"]): Table {
  return { head: ["similarity", ...kinds, "two random matrices"], rows };
}

function random(grid: readonly (readonly number[])[]): string {
  return (grid[7]?.[7] ?? Number.NaN).toFixed(2);
}

function meanAt(all: readonly Similarity[], matrix: Similarity["matrix"], [i, j]: readonly [number, number]): number {
  return meanOf(all.filter((one) => one.matrix === matrix).map(({ grid }) => grid[i]?.[j] ?? Number.NaN));
}

function at(values: readonly number[], index: number): string {
  return (values[index] ?? Number.NaN).toFixed(2);
}
