// The pairs of an adapter for another program's format, or one error with all that the format has no words for.

import { type Inexpressible, InexpressibleAdapterError } from "../errors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { loraMatricesIn, type StoredMatrices } from "../lora-matrices-in.ts";
import { type Feature, trainingOnlyFeatures, unsupportedFeatures } from "../variants/features.ts";

export type CompleteMatrices = StoredMatrices & { readonly b: AdapterTensor };

/** What a format has words for. */
export interface FormatSupport {
  /** Whose format: "mlx_lm". */
  readonly program: string;
  /** Features beside plain LoRA and what only training sees. */
  readonly features: readonly Feature[];
  /** Why a pair cannot be said; undefined where it can. */
  reasonAgainst(lora: CompleteMatrices): string | undefined;
  /** Whether a tensor that is no half of a pair has a place. */
  holds(key: string): boolean;
}

/** Throws InexpressibleAdapterError with everything that is in the way. */
export function expressibleMatrices({ config, tensors }: Adapter, format: FormatSupport): readonly CompleteMatrices[] {
  const known = new Set<Feature>([...trainingOnlyFeatures, ...format.features]);
  const problems: Inexpressible[] = unsupportedFeatures(config, known).map(({ key, got, effect }) => {
    return { what: `${key} = ${got}`, reason: effect };
  });
  const loraKeys = new Set<string>();
  const matrices: CompleteMatrices[] = [];
  for (const { b, ...lora } of loraMatricesIn(tensors)) {
    loraKeys.add(lora.keys.a).add(lora.keys.b);
    const reason = b === undefined ? "its other half is missing" : format.reasonAgainst({ ...lora, b });
    if (reason !== undefined) problems.push({ what: lora.path, reason });
    else if (b !== undefined) matrices.push({ ...lora, b });
  }
  for (const key of tensors.keys())
    if (!loraKeys.has(key) && !format.holds(key))
      problems.push({ what: key, reason: "it is neither lora_A nor lora_B, and the format has no place for it" });
  if (matrices.length === 0 && problems.length === 0)
    problems.push({ what: "the adapter", reason: "it has no lora_A" });
  if (problems.length > 0) throw new InexpressibleAdapterError(format.program, problems);
  return matrices;
}
