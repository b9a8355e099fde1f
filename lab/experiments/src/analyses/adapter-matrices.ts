// A and B of an adapter that a sweep saved, as matrices.

import { join } from "node:path";
import type { Adapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { createMatrix, type Matrix } from "@lowrank/math";
import { adaptersFolder } from "../training/saved-runs.ts";

/** One layer's update, scale·b·a. */
export interface Matrices {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
  readonly scale: number;
}

/** The adapter that a run of a sweep wrote. Throws if it does not exist here: adapters are not shipped. */
export async function adapterOf(sweep: string, method: string, seed: number): Promise<Adapter> {
  const folder = join(adaptersFolder, sweep, `${method}-${seed}`);
  return readAdapterFolder(folder).catch((cause: unknown) => {
    const command = `npm run experiment -- ${sweep} --only ${method} --seeds ${seed + 1}`;
    throw new Error(`No adapter in ${folder}: \`${command}\` makes it, once its result is taken out of results/.`, {
      cause,
    });
  });
}

/** A layer's A and B by its path. */
export function matricesOf({ tensors, config }: Adapter, path: string): Matrices {
  const matrix = (name: "A" | "B") => {
    const found = tensors.get(`${path}.lora_${name}.weight`);
    if (found === undefined) throw new Error(`The adapter has no lora_${name} for ${path}.`);
    const [rows = 0, columns = 0] = found.shape;
    return createMatrix(rows, columns, found.values);
  };
  return { a: matrix("A"), b: matrix("B"), scale: config.alpha / config.rank };
}
