// The pairs of an adapter for another program's format, or one error with all that the format has no words for.

import { type Inexpressible, InexpressibleAdapterError } from "../errors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { pairsIn, type StoredPair } from "../pairs-in.ts";
import { type Feature, trainingOnlyFeatures, unsupportedFeatures } from "../variants/features.ts";

export type WholePair = StoredPair & { readonly b: AdapterTensor };

/** What a format has words for. */
export interface FormatWords {
  /** Whose format: "mlx_lm". */
  readonly program: string;
  /** Features beside plain LoRA and what only training sees. */
  readonly features: readonly Feature[];
  /** Why a pair cannot be said; undefined where it can. */
  reasonAgainst(pair: WholePair): string | undefined;
  /** Whether a tensor that is no half of a pair has a place. */
  holds(key: string): boolean;
}

/** Throws InexpressibleAdapterError with everything that is in the way. */
export function expressiblePairs({ config, tensors }: Adapter, words: FormatWords): readonly WholePair[] {
  const known = new Set<Feature>([...trainingOnlyFeatures, ...words.features]);
  const problems: Inexpressible[] = unsupportedFeatures(config, known).map(({ key, got, effect }) => {
    return { what: `${key} = ${got}`, reason: effect };
  });
  const halves = new Set<string>();
  const pairs: WholePair[] = [];
  for (const { b, ...pair } of pairsIn(tensors)) {
    halves.add(pair.keys.a).add(pair.keys.b);
    const reason = b === undefined ? "its other half is missing" : words.reasonAgainst({ ...pair, b });
    if (reason !== undefined) problems.push({ what: pair.path, reason });
    else if (b !== undefined) pairs.push({ ...pair, b });
  }
  for (const key of tensors.keys())
    if (!halves.has(key) && !words.holds(key))
      problems.push({ what: key, reason: "it is neither lora_A nor lora_B, and the format has no place for it" });
  if (pairs.length === 0 && problems.length === 0) problems.push({ what: "the adapter", reason: "it has no lora_A" });
  if (problems.length > 0) throw new InexpressibleAdapterError(words.program, problems);
  return pairs;
}
