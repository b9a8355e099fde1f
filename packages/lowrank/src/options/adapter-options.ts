// Options of a run: the new adapter, and tokens that are added with it.

import {
  initFacts,
  initNames,
  initOf,
  type VariantName,
  type VariantOption,
  type variantFacts,
  variants,
} from "@lowrank/adapter-format/internal";
import {
  flag,
  integerIn,
  numberIn,
  type OptionGroup,
  type OptionRow,
  oneOf,
  oneOrMore,
  text,
  texts,
} from "./option-table.ts";

/** PEFT's values of `init_lora_weights`, `true` as "default". */
const inits: readonly string[] = [
  "default",
  ...initNames.filter((name) => name !== "true" && name !== "false" && !("pattern" in initFacts[name])),
];

const measuringInits = initNames.filter((name) => "measures" in initFacts[name]).join(", ");

const biasModes = ["none", "all", "lora_only"] as const;

/** Whether a text for `targetModules` is a pattern or a name for many modules, not comma-separated names. */
export function isTargetPattern(text: string): boolean {
  return text === "all-linear" || /[\\^$*+?()[\]{}|]/.test(text);
}

type VariantWithOption = Extract<(typeof variantFacts)[VariantName], { readonly option: VariantOption }>["option"];

/** Options that select a variant of LoRA, from the table of variants. */
export const variantOptions = variants.flatMap(({ option }) => option ?? []) as readonly VariantWithOption[];

type VariantRows = {
  readonly [Option in VariantWithOption as Option["name"]]: OptionRow & {
    readonly value: Option["kind"] extends "flag" ? typeof flag : typeof text;
  };
};

// A row for each option, as in the type.
const variantRows = Object.fromEntries(
  variantOptions.map(({ name, flag: typed, help, kind }) => [
    name,
    kind === "flag" ? { help, value: flag } : { argument: typed.replace(/^\S+ /, ""), help, value: text },
  ]),
) as unknown as VariantRows;

export const adapterOptions = {
  heading: "Adapter:",
  rows: {
    rank: {
      argument: "<number>",
      help: "rank of A and B (default: 8)",
      value: integerIn({ min: 1, max: 4096 }),
    },
    alpha: {
      argument: "<number>",
      help: "scaling is alpha / rank (default: twice the rank; 16 with `useRslora`)",
      value: numberIn({ above: 0 }),
    },
    dropout: {
      argument: "<rate>",
      help: "dropout before A (default: 0)",
      value: numberIn({ min: 0, below: 1 }),
    },
    targetModules: {
      argument: "<names>",
      help: "layers to adapt: all-linear (default), names such as q_proj,v_proj, or a regular expression",
      detail: "all-linear: every linear layer but the output head.",
      value: oneOrMore,
    },
    allowUnmatchedTargets: {
      help: "train the matching layers if a name of `targetModules` matches nothing",
      value: flag,
    },
    useRslora: { help: "rank-stabilized LoRA: scaling is alpha / √rank", value: flag },
    ...variantRows,
    init: {
      argument: "<name>",
      help: "initialization of A and B (default: random A, zero B)",
      detail: `Some use the base's weights. ${measuringInits} first run \`initBatches\` batches of the data.`,
      value: oneOf(inits),
    },
    /** Batches that eva, corda and lora_ga run first; default 16. */
    initBatches: {
      argument: "<number>",
      help: `batches of data that ${measuringInits} run first (default: 16)`,
      value: integerIn({ min: 1 }),
      actsOn: {
        runs: "new adapters with an `init` that runs the data",
        acts: ({ config }) => config !== undefined && initOf(config).measures !== undefined,
      },
    },
    bias: {
      argument: "<which>",
      help: "biases of the base to train: none (default), all or lora_only",
      value: oneOf(biasModes),
    },
    modulesToSave: {
      argument: "<names>",
      help: "modules to train in full and to save with the adapter",
      value: texts,
    },
    likePeft: {
      help: "defaults of PEFT and transformers' Trainer for all options that are not given",
      detail: "They are alpha 8, PEFT's target modules, 3 epochs at 5e-5, no rows held out for validation.",
      value: flag,
    },
    loraConfig: {
      argument: "<file>",
      help: "adapter_config.json with any field of PEFT's LoraConfig; options given here win",
      detail: "For example rank_pattern and layers_to_transform. Fields that the file lacks have PEFT's defaults.",
      value: text,
    },
  },
} as const satisfies OptionGroup;

export const tokenOptions = {
  heading: "Tokens:",
  rows: {
    addTokens: {
      argument: "<tokens...>",
      help: "tokens to add to the tokenizer; their embedding rows are trained",
      detail: "The tokenizer is written to `out`, too.",
      value: oneOrMore,
    },
    addTokensFile: { argument: "<file>", help: "file of tokens to add, one on each line", value: text },
    addAsSpecial: {
      help: "add them as special tokens such as </s>, which are left out of generated text",
      value: flag,
    },
  },
} as const satisfies OptionGroup;
