// What the pair of a layer is made of: the plain one of its kind, changed by the start and the variants that change it.

import { buildTensorKey, initOf, type LoraConfig, type TensorPart } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import { type FactorSpec, type Layer, siteKinds } from "@lowrank/math";
import type { PairLayer } from "./variant.ts";
import { variantsOf } from "./variants.ts";

/** One specification for each factor, in the order in which they are multiplied. */
export function pairFactors(
  site: Layer & Pick<Site, "kind">,
  layer: PairLayer,
  config: LoraConfig,
): readonly FactorSpec[] {
  const [a, b] = siteKinds[site.kind].pair(site, layer.rank);
  const halves = [a, initOf(config).keepsB ? { ...b, isTrained: false } : b];
  return variantsOf(config).reduce<readonly FactorSpec[]>(
    (pair, row) => row.factors?.(pair, layer, config) ?? pair,
    halves,
  );
}

/** A factor's name in an adapter file, without "base_model.model.". */
export function factorKey(path: string, { part }: FactorSpec): string {
  // Kinds and variants name their factors as PEFT does.
  return buildTensorKey({ path, part: part as TensorPart });
}

/** In the order of files: both halves, and then what stands between them. */
export function inFileOrder<F extends FactorSpec>(chain: readonly F[]): readonly [a: F, b: F, ...between: F[]] {
  return [chain[0]!, chain.at(-1)!, ...chain.slice(1, -1)];
}
