// Plans the additional vectors of variants: names and shapes in files.

import type { LoraConfig } from "@lowrank/adapter-format";
import { buildTensorKey } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import type { FactorSpec } from "@lowrank/math/internal";
import type { PlannedVectors } from "../planned/planned-parts.ts";
import { variantsOf } from "./variants.ts";

export function planVectors(
  site: Site,
  factors: readonly FactorSpec[],
  config: LoraConfig,
): { readonly keys: PlannedVectors; readonly fileShapes: readonly (readonly [string, readonly number[]])[] } {
  const planned = variantsOf(config).flatMap(({ name, vector }) => {
    if (vector === undefined || vector.isUsed?.(factors) === false) return [];
    const key = buildTensorKey({ path: site.path, part: vector.part });
    return [{ name, key, fileShape: vector.fileShape?.(site) ?? [site.outFeatures] }];
  });
  return {
    keys: new Map(planned.map(({ name, key }) => [name, key])),
    fileShapes: planned.map(({ key, fileShape }) => [key, fileShape]),
  };
}
