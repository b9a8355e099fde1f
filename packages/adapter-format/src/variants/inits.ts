// The table of starts: what PEFT's `init_lora_weights` can be, and what follows from it for everybody but the start itself,
// whose numbers are made in @lowrank/math. A new start is a row here and a file there.

import type { JsonObject } from "../json.ts";
import type { LoraConfig } from "../lora-config.ts";
import type { VariantFacts } from "./variant-facts.ts";

/** What is known of a start. */
export interface InitFacts extends Pick<VariantFacts, "layer"> {
  /** Which values name it, where those are not one. */
  readonly pattern?: RegExp;
  /** What a program without it has to refuse; absent where pairs are drawn as those of plain LoRA. */
  readonly feature?: `init=${string}`;
  /** What it does, for that refusal. */
  readonly effect?: string;
  /**
   * What PEFT leaves in the place of the base. A trained adapter is used on the base as it is where the start keeps it; where it
   * changed the base and the same can be computed again, on what is computed; and else on a base that only PEFT has.
   */
  readonly base?: "kept" | "computed again" | "lost";
  /** What has to be measured of a layer before. */
  readonly measures?: "inputs" | "moments" | "gradient";
  /** Whether each measured call has to be one text. */
  readonly measuresSingleTexts?: boolean;
  /** Whether ranks move to the layers where the measured inputs ask for them. */
  readonly sharesRanks?: boolean;
  /** Whether B stays as it started. */
  readonly keepsB?: boolean;
  /** What it does to the weight that stands in for the base's wherever the pair acts, if one does. */
  readonly baseReplacement?: string;
  /** The field with its settings, and the settings of a configuration that has none, if it must have some. */
  readonly settings?: { readonly field: "loftqConfig"; readonly key: string; readonly defaults: JsonObject };
}

const changed = "the initialisation changes the base model's weights";

/** Every start, by its value of `init_lora_weights`; "<n>" stands for a number. */
export const initFacts = {
  true: {},
  false: {},
  gaussian: {},
  eva: {
    feature: "init=eva",
    effect: "A starts from the inputs' main directions",
    base: "kept",
    measures: "inputs",
    sharesRanks: true,
  },
  olora: { feature: "init=olora", effect: changed, base: "computed again" },
  pissa: { feature: "init=pissa", effect: changed, base: "computed again" },
  "pissa_niter_<n>": { pattern: /^pissa_niter_\d{1,4}$/, feature: "init=pissa", effect: changed, base: "lost" },
  corda: { feature: "init=corda", effect: changed, base: "lost", measures: "moments", measuresSingleTexts: true },
  loftq: {
    feature: "init=loftq",
    effect: changed,
    base: "computed again",
    baseReplacement: "rounds the weight",
    settings: { field: "loftqConfig", key: "loftq_config", defaults: { loftq_bits: 4, loftq_iter: 1 } },
  },
  orthogonal: { feature: "init=orthogonal", effect: "factors start orthogonal", base: "kept" },
  mica: {
    feature: "init=mica",
    effect: "B starts from the weight and stays frozen",
    base: "kept",
    layer: "own",
    keepsB: true,
  },
  lora_ga: { feature: "init=lora_ga", effect: changed, base: "lost", measures: "gradient" },
} as const satisfies Readonly<Record<string, InitFacts>>;

/** What can be said of a value that PEFT does not know. */
const unknown: InitFacts = { base: "lost" };

/** A start's name in its table. */
export type InitName = keyof typeof initFacts;

/** Every start there is. */
export const initNames = Object.keys(initFacts) as readonly InitName[];

/** The name of the start that `init_lora_weights` asks for; undefined for a value that PEFT does not know. */
export function initNameOf(init: LoraConfig["init"]): InitName | undefined {
  if (typeof init === "boolean") return init ? "true" : "false";
  return initNames.find((name) => {
    const { pattern }: InitFacts = initFacts[name];
    return pattern === undefined ? name === init && name !== "true" && name !== "false" : pattern.test(init);
  });
}

/**
 * What is known of the start that a configuration asks for.
 *
 * @example
 * ```ts
 * import { createLoraConfig, initOf } from "@lowrank/adapter-format";
 *
 * const { base, measures } = initOf(createLoraConfig({ init: "corda" }));
 * if (base !== "lost" || measures !== "moments") throw new Error("unexpected");
 * ```
 */
export function initOf({ init }: Pick<LoraConfig, "init">): InitFacts {
  const name = initNameOf(init);
  return name === undefined ? unknown : initFacts[name];
}

/** Whether each half is drawn by itself, from neither the weight nor data: such a start is for pairs of any kind. */
export function drawsBothMatrices(config: Pick<LoraConfig, "init">): boolean {
  return initOf(config).feature === undefined && initNameOf(config.init) !== undefined;
}
