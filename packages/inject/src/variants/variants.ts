// The table of variants: a new one is a folder and a line here, and a row of facts in @lowrank/adapter-format.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type VariantName, variantFacts } from "@lowrank/adapter-format/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { activatedLora } from "./activated-lora/activated-lora.ts";
import { bdLora } from "./bd-lora/bd-lora.ts";
import { dora } from "./dora/dora.ts";
import { kasa } from "./kasa/kasa.ts";
import { loraBias } from "./lora-bias/lora-bias.ts";
import { qalora } from "./qalora/qalora.ts";
import type { NewVector, Variant } from "./variant.ts";

/** Null for variants that are not supported; they are refused by name. */
const rows = {
  use_dora: dora,
  lora_bias: loraBias,
  alora_invocation_tokens: activatedLora,
  use_qalora: qalora,
  use_bdlora: bdLora,
  kasa_config: kasa,
  arrow_config: null,
  velora_config: null,
  monteclora_config: null,
} satisfies Readonly<Record<VariantName, Variant | null>>;

/** A variant, and PEFT's field that turns it on. */
export interface NamedVariant extends Variant {
  readonly name: VariantName;
}

/** All supported variants, from the innermost wrapper to the outermost. */
export const variants: readonly NamedVariant[] = (Object.keys(rows) as VariantName[]).flatMap((name) => {
  const row: Variant | null = rows[name];
  return row === null ? [] : [{ name, ...row }];
});

/** First values of a variant's vector. The caller owns them. */
export function initialVector(name: VariantName, request: NewVector): tf.Tensor1D {
  const vector = variants.find((row) => row.name === name)?.vector;
  if (vector === undefined) throw new TypeError(`${name} has no vector in addition to A and B.`);
  return vector.initialize(request);
}

export function variantsOf(config: LoraConfig): readonly NamedVariant[] {
  return variants.filter(({ name }) => variantFacts[name].setting(config) !== null);
}
