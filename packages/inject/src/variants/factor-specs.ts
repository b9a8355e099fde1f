// The matrices of a layer: the plain ones of its kind, changed by the initialization and the variants.

import type { LoraConfig } from "@lowrank/adapter-format";
import { buildTensorKey, initOf, type TensorPart } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import { type FactorSpec, type Layer, siteKinds } from "@lowrank/math/internal";
import type { RankedLayer } from "./variant.ts";
import { variantsOf } from "./variants.ts";

/** One specification for each factor, in the order in which they are multiplied. */
export function factorSpecs(
  site: Layer & Pick<Site, "kind">,
  layer: RankedLayer,
  config: LoraConfig,
): readonly FactorSpec[] {
  const [a, b] = siteKinds[site.kind].specs(site, layer.rank);
  const plain = [a, initOf(config).keepsB ? { ...b, isTrained: false } : b];
  return variantsOf(config).reduce<readonly FactorSpec[]>(
    (factors, row) => row.factors?.(factors, layer, config) ?? factors,
    plain,
  );
}

/** A factor's key in an adapter file, without "base_model.model.". */
export function factorKey(path: string, { part }: FactorSpec): string {
  // Kinds and variants name their factors as PEFT does.
  return buildTensorKey({ path, part: part as TensorPart });
}

/** In file order: A, B, then the factors between them. */
export function inFileOrder<F extends FactorSpec>(factors: readonly F[]): readonly [a: F, b: F, ...between: F[]] {
  return [factors[0]!, factors.at(-1)!, ...factors.slice(1, -1)];
}
