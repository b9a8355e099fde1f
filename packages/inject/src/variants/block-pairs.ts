// Pairs of which one half is a diagonal of blocks (BD-LoRA, PEFT's `use_bdlora`): whether a layer can have one, how it lies
// in files and how it starts. Source: PEFT 0.21.2, BdLoraLinearVariant and BlockDiagonalLinear in tuners/lora/variants.py.

import { blockVerdict, type LoraConfig, rankOf } from "@lowrank/adapter-format";
import { listed, type Site, type Warning } from "@lowrank/contracts";
import { createPair, LoraPair, type PairInitialization, type PairLayout, transposedLayout } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { UnsupportedStartError } from "../errors/errors.ts";
import type { PlannedBlocks, PlannedSite } from "../planned/injection-plan.ts";

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

/** Shapes of both halves in files: A [rank, inFeatures] and B [outFeatures, rank], of blocks their share of the columns. */
export function pairShapes(
  { inFeatures, outFeatures }: Pick<Site, "inFeatures" | "outFeatures">,
  rank: number,
  blocks: PlannedBlocks | undefined,
): { readonly a: readonly number[]; readonly b: readonly number[] } {
  const share = (half: "a" | "b") => (blocks?.half === half ? blocks.count : 1);
  return { a: [rank, inFeatures / share("a")], b: [outFeatures, rank / share("b")] };
}

/** How such a pair lies in files. */
export function blockLayout({ half, count }: PlannedBlocks): PairLayout {
  return { a: transposedLayout, b: transposedLayout, ...(half === "a" ? { blocks: count } : { groups: count }) };
}

/** What decides about a new pair besides the layer. */
export interface BlockStart {
  readonly init: PairInitialization;
  readonly seed: number;
  readonly name: string;
}

/**
 * A new pair; the caller owns it. PEFT makes the half of blocks anew, whatever the start is: A by Kaiming's rule for ReLU,
 * even on ±√(6/(inFeatures/count)), and B zero.
 */
export function freshBlocks(entry: PlannedSite, blocks: PlannedBlocks, { init, seed, name }: BlockStart): LoraPair {
  const { inFeatures, outFeatures, rank, path } = entry;
  const [layout, key] = [blockLayout(blocks), { seed, path }];
  if (blocks.half === "b") {
    // "random" draws the same A as "default", and a B that PEFT replaces.
    const start = init === "gaussian" ? init : "default";
    return createPair({ inFeatures, outFeatures, rank, init: start, key, name, layout });
  }
  const start = init === "random" ? init : "default";
  const rows = inFeatures / blocks.count;
  const pair = createPair({ inFeatures: rows, outFeatures, rank, init: start, key, name: `${name}/blocks` });
  // Drawn on ±1/√rows.
  const a = tf.tidy(() => tf.mul<tf.Tensor2D>(pair.a, Math.sqrt(6)));
  const b = tf.clone<tf.Tensor2D>(pair.b);
  pair.dispose();
  return LoraPair.fromTensors({ a, b, name, layout });
}
