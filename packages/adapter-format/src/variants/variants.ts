// The table of variants. A new one is a file and a line here. @lowrank/inject has the code for each row, and the compiler
// requires it.

import type { Adapter, LoraConfig } from "../lora-config.ts";
import type { TensorKey } from "../tensor-keys.ts";
import { activatedLora } from "./activated-lora.ts";
import { arrow } from "./arrow.ts";
import { bdLora } from "./bd-lora.ts";
import { dora } from "./dora.ts";
import { kasa } from "./kasa.ts";
import { loraBias } from "./lora-bias.ts";
import { monteclora } from "./monteclora.ts";
import { qalora } from "./qalora.ts";
import type { VariantFacts } from "./variant-facts.ts";
import { velora } from "./velora.ts";

/** All variants, by PEFT's field that turns them on. */
export const variantFacts = {
  use_dora: dora,
  lora_bias: loraBias,
  alora_invocation_tokens: activatedLora,
  use_qalora: qalora,
  use_bdlora: bdLora,
  kasa_config: kasa,
  arrow_config: arrow,
  velora_config: velora,
  monteclora_config: monteclora,
} as const satisfies Readonly<Record<string, VariantFacts>>;

/** PEFT's field that turns a variant on. */
export type VariantName = keyof typeof variantFacts;

/** All variants as a list. */
export const variants: readonly (VariantFacts & { readonly key: VariantName })[] = Object.values(variantFacts);

/** The number of the matrix's columns for each stored column. */
export function columnsPerStored(config: LoraConfig, key: TensorKey): number {
  return variants.reduce((product, row) => product * (row.columnsPerStored?.(config, key) ?? 1), 1);
}

/**
 * Writes variants as plain LoRA if this loses nothing, for programs without them.
 *
 * @throws INVALID_ADAPTER_TENSORS for tensors that do not fit the configuration
 * @example
 * ```ts
 * import { type Adapter, createLoraConfig, toPlainLora } from "@lowrank/adapter-format";
 *
 * const adapter: Adapter = {
 *   config: createLoraConfig({ rank: 1, targetModules: ["q"], useQalora: true, qaloraGroupSize: 2 }),
 *   tensors: new Map([
 *     ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *     ["q.lora_B.weight", { shape: [1, 1], values: Float32Array.of(3) }],
 *   ]),
 *   metadata: new Map(),
 * };
 * const a = toPlainLora(adapter).tensors.get("q.lora_A.weight"); // a column for each input
 * if (String(a?.values) !== "1,1,2,2") throw new Error("unexpected");
 * ```
 */
export function toPlainLora(adapter: Adapter): Adapter {
  return variants.reduce((plain, row) => row.toPlain?.(plain) ?? plain, adapter);
}
