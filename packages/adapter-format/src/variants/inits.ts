// The table of initializations: the values of PEFT's `init_lora_weights` and their facts. @lowrank/math computes the matrices. A
// new initialization is a row here and a file there.

import type { JsonObject } from "../json.ts";
import type { LoraConfig } from "../lora-config.ts";
import type { VariantFacts } from "./variant-facts.ts";

/** Facts about an initialization. */
export interface InitFacts extends Pick<VariantFacts, "layer"> {
  /** Matches its values, if there is more than one. */
  readonly pattern?: RegExp;
  /** The feature that a program must support to load the adapter. Absent if A and B are random as in plain LoRA. */
  readonly feature?: `init=${string}`;
  /** Its effect, for the error of programs without it. */
  readonly effect?: string;
  /**
   * What happens to the base weight. "kept": unchanged, so a trained adapter runs on the plain base. "computed again": changed,
   * but the same weight can be computed from the base. "lost": changed, and only PEFT's process has the result.
   */
  readonly base?: "kept" | "computed again" | "lost";
  /** What must be measured at each layer before the initialization. */
  readonly measures?: "inputs" | "moments" | "gradient";
  /** Whether each measured call must contain one text. */
  readonly measuresSingleTexts?: boolean;
  /** Whether ranks are redistributed to layers whose measured inputs need more. */
  readonly sharesRanks?: boolean;
  /** Whether B keeps its initial values during training. */
  readonly keepsB?: boolean;
  /** How it changes the base weight that the adapted layer uses, if it does. For messages. */
  readonly baseReplacement?: string;
  /** The field with its settings, and defaults for a configuration that must have settings but has none. */
  readonly settings?: { readonly field: "loftqConfig"; readonly key: string; readonly defaults: JsonObject };
}

const changed = "the initialization changes the base model's weights";

/** All initializations by value of `init_lora_weights`. "<n>" stands for a number. */
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
    layer: "separate",
    keepsB: true,
  },
  lora_ga: { feature: "init=lora_ga", effect: changed, base: "lost", measures: "gradient" },
} as const satisfies Readonly<Record<string, InitFacts>>;

/** For values that PEFT does not have. */
const unknown: InitFacts = { base: "lost" };

/** An initialization's name in the table. */
export type InitName = keyof typeof initFacts;

/** The names of all initializations. */
export const initNames = Object.keys(initFacts) as readonly InitName[];

/** The name of the initialization in `init_lora_weights`; undefined for a value that PEFT does not have. */
export function initNameOf(init: LoraConfig["init"]): InitName | undefined {
  if (typeof init === "boolean") return init ? "true" : "false";
  return initNames.find((name) => {
    const { pattern }: InitFacts = initFacts[name];
    return pattern === undefined ? name === init && name !== "true" && name !== "false" : pattern.test(init);
  });
}

/** The facts about a configuration's initialization. */
export function initOf({ init }: Pick<LoraConfig, "init">): InitFacts {
  const name = initNameOf(init);
  return name === undefined ? unknown : initFacts[name];
}

/** Whether A and B are drawn at random, without weight or data. Such an initialization works for layers of any kind. */
export function drawsBothMatrices(config: Pick<LoraConfig, "init">): boolean {
  return initOf(config).feature === undefined && initNameOf(config.init) !== undefined;
}
