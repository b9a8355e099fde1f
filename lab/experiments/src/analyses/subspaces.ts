// Section 7 of the paper on MiniLM's own adapters: what subspaces r = 8 and r = 64 share (figure 3), what two seeds share (figure
// 4), and what an update makes stronger (table 7).

import { chooseEngine } from "@lowrank/engine";
import { frobeniusNorm, lowRankSvd, type Matrix, multiply, transpose } from "@lowrank/math";
import { amplificationFactor, matrixOfTensor, normalMatrix, truncatedSvd } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { sitesOf } from "../methods/block-sites.ts";
import { rankName } from "../methods/lora.ts";
import { sst2 } from "../tasks/sst2.ts";
import { processorAndDate, saveResult } from "../training/saved-runs.ts";
import { adapterOf, matricesOf } from "./adapter-matrices.ts";
import { similarityGrid } from "./similarity-grid.ts";

/** A grid of φ with what it compares. */
export interface Similarity {
  readonly what: string;
  readonly layer: number;
  readonly matrix: "query" | "value";
  /** [i − 1][j − 1] */
  readonly grid: readonly (readonly number[])[];
}

/** One row of table 7, of one layer. */
interface Amplified {
  readonly layer: number;
  readonly matrix: "query" | "value";
  readonly rank: number;
  readonly weightNorm: number;
  readonly updateNorm: number;
  /** ‖Uᵀ·W·V‖ for the directions of the update, of the weight itself, and of a random matrix. */
  readonly inUpdate: number;
  readonly inWeight: number;
  readonly inRandom: number;
  readonly factor: number;
}

export interface Subspaces {
  readonly ranks: readonly Similarity[];
  readonly seeds: readonly Similarity[];
  /** The similarity of two random matrices of the same size. */
  readonly random: readonly (readonly number[])[];
  readonly amplified: readonly Amplified[];
  readonly processor: string;
  readonly date: string;
}

const [few, many] = [8, 64];

export async function subspaces(): Promise<void> {
  const [low, high, again] = await Promise.all([
    adapterOf("sst2", rankName(few, "qv"), 0),
    adapterOf("sst2", rankName(many, "qv"), 0),
    adapterOf("sst2", rankName(many, "qv"), 1).catch(() => undefined),
  ]);
  await chooseEngine();
  const model = await (await sst2({ rows: 1 })).load(0);
  const sites = (["query", "value"] as const).flatMap((matrix) =>
    sitesOf(model, matrix).map((site, layer) => ({ matrix, layer, site })),
  );
  const compared = (what: string, one: typeof low, other: typeof low) =>
    sites.map(({ matrix, layer, site }): Similarity => {
      const grid = similarityGrid(matricesOf(one, site.path).a, matricesOf(other, site.path).a);
      return { what, matrix, layer, grid: grid.slice(0, few).map((line) => line.map(rounded)) };
    });
  const width = sites[0]?.site.inFeatures ?? 0;
  const amplified = sites.flatMap(({ matrix, layer, site }) => {
    const read = site.readWeight() as tf.Tensor2D;
    const weight = transpose(matrixOfTensor(read)); // [outFeatures, inFeatures]
    read.dispose();
    return [low, high].map((adapter): Amplified => {
      const matrices = matricesOf(adapter, site.path);
      const { factor, updateNorm, projectedNorm } = amplificationFactor(weight, matrices);
      const { rank } = adapter.config;
      const own = truncatedSvd(weight, rank);
      const random = lowRankSvd(randomMatrix(width, rank, "b"), randomMatrix(rank, width, "a"));
      return {
        layer,
        matrix,
        rank,
        weightNorm: rounded(frobeniusNorm(weight)),
        updateNorm: rounded(updateNorm),
        inUpdate: rounded(projectedNorm),
        inWeight: rounded(projected(weight, own.u, own.v)),
        inRandom: rounded(projected(weight, random.u, random.v)),
        factor: rounded(factor),
      };
    });
  });
  model.dispose();
  const result: Subspaces = {
    ranks: compared(`r = ${few} and r = ${many}`, low, high),
    seeds: again === undefined ? [] : compared(`r = ${many}, seeds 0 and 1`, high, again),
    random: similarityGrid(randomMatrix(many, width, "one"), randomMatrix(many, width, "other"))
      .slice(0, few)
      .map((line) => line.map(rounded)),
    amplified,
    ...processorAndDate(),
  };
  saveResult("subspaces", result);
}

/** ‖Uᵀ·W·V‖ */
function projected(weight: Matrix, u: Matrix, v: Matrix): number {
  return frobeniusNorm(multiply(transpose(u), multiply(weight, v)));
}

function randomMatrix(rows: number, columns: number, path: string): Matrix {
  return normalMatrix(rows, columns, { seed: 0, path });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
