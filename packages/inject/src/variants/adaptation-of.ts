// The adaptation of a layer: plain LoRA, changed by the variants of the configuration.

import type { VariantName } from "@lowrank/adapter-format/internal";
import { LoraAdaptation } from "@lowrank/math";
import type { LoraAdaptationOptions, LowRankAdaptation } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { Wrapping } from "./variant.ts";
import { variantsOf } from "./variants.ts";

/** A layer's variables in addition to A and B, by variant. */
export type VariantVectors = ReadonlyMap<VariantName, tf.Variable>;

export function adaptationOf(
  plain: LoraAdaptationOptions,
  vectors: VariantVectors,
  wrapping: Omit<Wrapping, "vector">,
): LowRankAdaptation {
  const { config, dropout, adapterName } = wrapping;
  const rows = variantsOf(config);
  const isDroppedOutside = rows.some(({ dropsInput = false }) => dropsInput);
  const inner = new LoraAdaptation({ ...plain, adapterName, dropout: isDroppedOutside ? 0 : dropout });
  return rows.reduce<LowRankAdaptation>(
    (adaptation, row) => row.wrap?.(adaptation, { ...wrapping, vector: vectors.get(row.name) }) ?? adaptation,
    inner,
  );
}
