// Pairs of which one half is a diagonal of blocks (BD-LoRA, PEFT's `use_bdlora`): whether a layer can have one, how it lies
// in files and how it starts. Source: PEFT 0.21.2, BdLoraLinearVariant and BlockDiagonalLinear in tuners/lora/variants.py.

import { blockVerdict, type LoraConfig, rankOf } from "@lowrank/adapter-format";
import { listed, type Site, type Warning } from "@lowrank/contracts";
import { createPair, type FactorSpec, type LoraPair, type PairInitialization, type PairSpec } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { UnsupportedStartError } from "../../errors/errors.ts";
import type { PlannedBlocks, PlannedSite } from "../../planned/planned-parts.ts";

/** Which half of the site's pair is made of blocks; undefined for a pair of whole matrices. */
export function plannedBlocks(config: LoraConfig, path: string): PlannedBlocks | undefined {
  const verdict = blockVerdict(config, path);
  return verdict.kind === "blocks" ? { half: verdict.half, count: verdict.count } : undefined;
}

/** Why a site cannot have what `use_bdlora` says; null if it can. */
export function blockRefusal(site: Site, config: LoraConfig): string | null {
  if (config.blockDiagonal === null) return null;
  if (site.kind !== "linear") return "use_bdlora is for linear layers";
  const verdict = blockVerdict(config, site.path);
  if (verdict.kind === "refused") return verdict.reason;
  if (verdict.kind === "whole") return null;
  if (site.fanInFanOut) return "use_bdlora makes blocks for torch's Linear, and not for a Conv1D";
  const { half, count } = verdict;
  const rank = rankOf(config, site.path);
  const [name, size] = half === "a" ? ["inputs", site.inFeatures] : ["outputs", site.outFeatures];
  const problems = [...(rank % count ? [`rank ${rank}`] : []), ...(size % count ? [`${size} ${name}`] : [])];
  return problems.length
    ? `${count} blocks (use_bdlora's nblocks) do not divide its ${problems.join(" or its ")}`
    : null;
}

/**
 * Throws UnsupportedStartError where a start makes whole matrices. PEFT lets it, and then replaces the half that is made of
 * blocks, so that the model is no longer what it was. An adapter from a file has its start behind it, unless PEFT computes
 * it again.
 */
export function checkBlockStart({ blockDiagonal, init }: LoraConfig, isRepeated: boolean): void {
  if (blockDiagonal === null || typeof init === "boolean" || init === "gaussian" || !isRepeated) return;
  throw new UnsupportedStartError(
    init,
    "use_bdlora",
    "the start makes whole matrices where the other setting has blocks",
  );
}

/** PEFT gives a B of blocks no bias, and is silent. */
export function blockWarnings({ loraBias }: LoraConfig, entries: readonly PlannedSite[]): readonly Warning[] {
  const without = entries.filter(({ blocks }) => loraBias && blocks?.half === "b").map(({ path }) => path);
  if (without.length === 0) return [];
  const message = `lora_bias has no effect where use_bdlora makes B of blocks, as in PEFT: ${listed(without)}.`;
  return [{ code: "BIAS_NOT_APPLIED", message }];
}

/** A plain pair of which one half is made of blocks: it has its share of the rows, and the blocks lie side by side. */
export function withBlocks([a, b]: PairSpec, { half, count }: PlannedBlocks): PairSpec {
  const ofBlocks = (factor: FactorSpec): FactorSpec => {
    const [rows = 0, columns = 0] = factor.shape;
    const share = rows / count;
    return { ...factor, shape: [share, columns], fileShape: [columns, share], blocks: count };
  };
  return half === "a" ? [ofBlocks(a), b] : [a, ofBlocks(b)];
}

/** What decides about a new pair besides the layer. */
export interface BlockStart {
  readonly factors: readonly FactorSpec[];
  readonly init: PairInitialization;
  readonly seed: number;
  readonly name: string;
}

/**
 * A new pair; the caller owns it. PEFT makes the half of blocks anew, whatever the start is: A by Kaiming's rule for ReLU,
 * even on ±√(6/(inFeatures/count)), and B zero.
 */
export function freshBlocks(entry: PlannedSite, half: PlannedBlocks["half"], start: BlockStart): LoraPair {
  const { inFeatures, outFeatures, rank, path } = entry;
  const { factors, init, seed, name } = start;
  const common = { inFeatures, outFeatures, rank, key: { seed, path }, name, factors };
  // "random" draws the same A as "default", and a B that PEFT replaces.
  if (half === "b") return createPair({ ...common, init: init === "gaussian" ? init : "default" });
  const pair = createPair({ ...common, init: init === "random" ? init : "default" });
  // Drawn on ±1/√rows.
  tf.tidy(() => pair.a.assign(tf.mul(pair.a, Math.sqrt(6))));
  return pair;
}
