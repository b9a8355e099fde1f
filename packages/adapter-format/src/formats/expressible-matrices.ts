// Collects A and B of each module for another program's format, or throws one error with everything that the format cannot store.

import { type Inexpressible, inexpressibleAdapterError } from "../errors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { loraMatricesIn, type StoredMatrices } from "../lora-matrices-in.ts";
import { type Feature, trainingOnlyFeatures, unsupportedFeatures } from "../variants/features.ts";

export type WholeLora = StoredMatrices & { readonly b: AdapterTensor };

/** What a format can store. */
export interface FormatSupport {
  /** The program that reads the format: "mlx_lm". */
  readonly program: string;
  /** Supported features beyond plain LoRA. Features that matter only in training are always accepted. */
  readonly features: readonly Feature[];
  /** Why the format cannot store this A and B; undefined if it can. */
  reasonAgainst(lora: WholeLora): string | undefined;
  /** Whether the format can store a tensor other than A and B. */
  holds(key: string): boolean;
}

/** Throws INEXPRESSIBLE_ADAPTER listing everything that the format cannot store. */
export function expressibleMatrices({ config, tensors }: Adapter, format: FormatSupport): readonly WholeLora[] {
  const supported = new Set<Feature>([...trainingOnlyFeatures, ...format.features]);
  const problems: Inexpressible[] = unsupportedFeatures(config, supported).map(({ key, got, effect }) => {
    return { what: `${key} = ${got}`, reason: effect };
  });
  const loraKeys = new Set<string>();
  const loras: WholeLora[] = [];
  for (const { b, ...lora } of loraMatricesIn(tensors)) {
    loraKeys.add(lora.keys.a).add(lora.keys.b);
    const reason = b === undefined ? "its B is missing" : format.reasonAgainst({ ...lora, b });
    if (reason !== undefined) problems.push({ what: lora.path, reason });
    else if (b !== undefined) loras.push({ ...lora, b });
  }
  for (const key of tensors.keys())
    if (!loraKeys.has(key) && !format.holds(key))
      problems.push({ what: key, reason: "it is neither lora_A nor lora_B, and the format has no place for it" });
  if (loras.length === 0 && problems.length === 0) problems.push({ what: "the adapter", reason: "it has no lora_A" });
  if (problems.length > 0) throw inexpressibleAdapterError(format.program, problems);
  return loras;
}
