// The first values of a new adapter, which leave what the model computes as it was.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import { createPair, type Measured } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { tokenTableOf } from "../hosts/token-table.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import { startVector } from "../variants/variants.ts";
import { freshPair, pairInitialization } from "./starts.ts";

/** Values drawn from `seed` and each layer's path alone. */
export function freshValues(config: LoraConfig, seed: number, measured?: ReadonlyMap<string, Measured>): ValueSource {
  const init = pairInitialization(config);
  return {
    pair: (entry, name, site) => freshPair(entry, site, { config, seed, name, measured }),
    vector: ({ variant }, layer) => startVector(variant, { ...layer, init, seed }),
    rawPair: ({ path, inFeatures, outFeatures, rank, experts }, name) =>
      createPair({ kind: "parameter", inFeatures, outFeatures, rank, experts, init, key: { seed, path }, name }),
    parameter: (_, parameter) => parameter.read(),
    rows: frozenRows,
  };
}

/** The chosen rows of a table, or of a head's weight seen the other way round. */
function frozenRows({ indices }: PlannedTokenRows, site: Site): tf.Tensor2D {
  return tf.tidy(() => {
    const weight = site.readWeight();
    const picked = tf.tensor1d([...indices], "int32");
    const axis = tokenTableOf(site)?.axis ?? 0;
    const slices = tf.gather(weight, picked, axis);
    const rows = axis === 0 ? slices : tf.transpose(slices);
    // A table and a head's weight are matrices.
    return rows as tf.Tensor2D;
  });
}
