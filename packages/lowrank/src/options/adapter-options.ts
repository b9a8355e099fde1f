// Options of a run: what a new adapter is, and tokens that come with it.

import {
  initFacts,
  initNames,
  initOf,
  type VariantName,
  type VariantOption,
  type variantFacts,
  variants,
} from "@lowrank/adapter-format";
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

/** Starts of a new pair by name: PEFT's values of `init_lora_weights`, `true` as "default". */
const starts: readonly string[] = [
  "default",
  ...initNames.filter((name) => name !== "true" && name !== "false" && !("pattern" in initFacts[name])),
];

/** Those that look at data. */
const measuringInits = initNames.filter((name) => "measures" in initFacts[name]).join(", ");

/** Which biases of the base train. */
const biasModes = ["none", "all", "lora_only"] as const;

/** Whether a text for `targetModules` is a pattern or a word for many modules, not names with commas between. */
export function isTargetPattern(text: string): boolean {
  return text === "all-linear" || /[\\^$*+?()[\]{}|]/.test(text);
}

type VariantWithOption = Extract<(typeof variantFacts)[VariantName], { readonly option: VariantOption }>["option"];

/** Options that ask for a variant of LoRA, as the table of variants has them. */
export const variantOptions = variants.flatMap(({ option }) => option ?? []) as readonly VariantWithOption[];

type VariantRows = {
  readonly [Option in VariantWithOption as Option["name"]]: OptionRow & {
    readonly value: Option["kind"] extends "flag" ? typeof flag : typeof text;
  };
};

// A row for each, as the type says.
const variantRows = Object.fromEntries(
  variantOptions.map(({ name, flag: typed, help, kind }) => [
    name,
    kind === "flag" ? { help, value: flag } : { argument: typed.replace(/^\S+ /, ""), help, value: text },
  ]),
) as unknown as VariantRows;

/** The adapter's shape. */
export const adapterOptions = {
  heading: "Adapter:",
  rows: {
    rank: {
      argument: "<number>",
      help: "rank of the update (default: 8)",
      value: integerIn({ min: 1, max: 4096 }),
    },
    alpha: {
      argument: "<number>",
      help: "its scale is alpha / rank (default: twice the rank; 16 with `useRslora`)",
      value: numberIn({ above: 0 }),
    },
    dropout: {
      argument: "<rate>",
      help: "dropout before A (default: 0)",
      value: numberIn({ min: 0, below: 1 }),
    },
    targetModules: {
      argument: "<names>",
      help: "what to adapt: a,b | all-linear | a regular expression (default: all-linear, every linear layer but the output head)",
      value: oneOrMore,
    },
    allowUnmatchedTargets: {
      help: "train those that match, where a name of `targetModules` matches nothing",
      value: flag,
    },
    useRslora: { help: "scale by alpha / √rank", value: flag },
    ...variantRows,
    init: {
      argument: "<name>",
      help: `how pairs start: by chance with B zero, from the weights, or – ${measuringInits} – from what the model makes of the data (default: default)`,
      value: oneOf(starts),
    },
    /** Of starts that look at data (eva, corda, lora_ga): at how many batches; default 16. */
    initBatches: {
      argument: "<number>",
      help: `how many batches ${measuringInits} look at (default: 16)`,
      value: integerIn({ min: 1 }),
      actsOn: {
        isFor: "new adapters whose start looks at data",
        acts: ({ config }) => config !== undefined && initOf(config).measures !== undefined,
      },
    },
    bias: { argument: "<which>", help: "biases of the base to train (default: none)", value: oneOf(biasModes) },
    modulesToSave: {
      argument: "<names>",
      help: "train these modules whole and save them with the adapter",
      value: texts,
    },
    /** Whether what is left open is as PEFT and transformers' Trainer have it. */
    likePeft: {
      help: "what no option says is as in PEFT's LoraConfig and transformers' Trainer: alpha 8, their modules, 3 epochs at 5e-5, nothing held out",
      value: flag,
    },
    /** A file with any field of PEFT's LoraConfig. */
    loraConfig: {
      argument: "<file>",
      help: "an adapter_config.json with any field of PEFT's LoraConfig (rank_pattern, layers_to_transform, …); fields that it lacks have PEFT's defaults, and options here go before it",
      value: text,
    },
  },
} as const satisfies OptionGroup;

/** Tokens that are added. */
export const tokenOptions = {
  heading: "Tokens:",
  rows: {
    addTokens: {
      argument: "<tokens...>",
      help: "add these to the tokenizer, which is written to `out` as well, and train their rows of the model's tables",
      value: oneOrMore,
    },
    /** A file with a token a line. */
    addTokensFile: { argument: "<file>", help: "the same with a token a line", value: text },
    addAsSpecial: { help: "add them as marks such as </s>, which generated text leaves out", value: flag },
  },
} as const satisfies OptionGroup;
