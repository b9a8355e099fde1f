// What the pair of a layer is made of: the plain one of its kind, changed by the variants that change it.

import { buildTensorKey, type LoraConfig, type TensorPart } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import { type FactorSpec, type Layer, siteKinds } from "@lowrank/math";
import type { PlannedBlocks } from "../planned/planned-parts.ts";
import { withBlocks } from "./bd-lora/bd-lora.ts";
import { withDiagonal } from "./kasa/kasa.ts";

/** What decides about a pair besides its layer. */
export interface PairSettings {
  readonly rank: number;
  readonly config: LoraConfig;
  /** Which half is made of blocks, if one is. */
  readonly blocks?: PlannedBlocks | undefined;
}

/** One specification for each factor, in the order in which they are multiplied. */
export function pairFactors(
  layer: Layer & Pick<Site, "kind">,
  { rank, config, blocks }: PairSettings,
): readonly FactorSpec[] {
  const plain = siteKinds[layer.kind].pair(layer, rank);
  const [a, b] = blocks === undefined ? plain : withBlocks(plain, blocks);
  // MiCA trains A alone.
  const halves = config.init === "mica" ? ([a, { ...b, isTrained: false }] as const) : ([a, b] as const);
  return config.kasaConfig === null ? halves : withDiagonal(halves, rank);
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
