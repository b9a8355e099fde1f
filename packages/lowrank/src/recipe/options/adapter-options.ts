// Options of a run: what a new adapter is, and tokens that come with it.

import { startFacts, startNames, variants } from "@lowrank/adapter-format";
import {
  flag,
  integerIn,
  numberIn,
  type OptionGroup,
  oneOf,
  oneOrMore,
  type RecipeOption,
  text,
  texts,
} from "./recipe-option.ts";

/** Starts of a new pair by name: PEFT's values of `init_lora_weights`, `true` as "default". */
const starts: readonly string[] = [
  "default",
  ...startNames.filter((name) => name !== "true" && name !== "false" && !("pattern" in startFacts[name])),
];

/** Those that look at data. */
const measuringStarts = startNames.filter((name) => "measures" in startFacts[name]).join(", ");

/** Which biases of the base train. */
export const biasModes = ["none", "all", "lora_only"] as const;

/** Whether a text for `targetModules` is a pattern or a word for many modules, not names with commas between. */
export function isTargetPattern(text: string): boolean {
  return text === "all-linear" || /[\\^$*+?()[\]{}|]/.test(text);
}

/** Variants of LoRA, as the table of variants has them. */
const variantOptions = variants.flatMap(({ option }): readonly RecipeOption[] => {
  if (option === undefined) return [];
  const { name, flag: typed, help, kind } = option;
  return [
    kind === "flag" ? { name, help, value: flag } : { name, argument: typed.replace(/^\S+ /, ""), help, value: text },
  ];
});

/** The adapter's shape. */
export const adapterOptions: OptionGroup = {
  heading: "Adapter:",
  options: [
    {
      name: "rank",
      argument: "<number>",
      help: "rank of the update (default: 8)",
      value: integerIn({ min: 1, max: 4096 }),
    },
    {
      name: "alpha",
      argument: "<number>",
      help: "its scale is alpha / rank (default: twice the rank; 16 with `useRslora`)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "dropout",
      argument: "<rate>",
      help: "dropout before A (default: 0)",
      value: numberIn({ min: 0, below: 1 }),
    },
    {
      name: "targetModules",
      argument: "<names>",
      help: "what to adapt: a,b | all-linear | a regular expression (default: all-linear, every linear layer but the output head)",
      value: oneOrMore,
    },
    {
      name: "allowUnmatchedTargets",
      help: "train those that match, where a name of `targetModules` matches nothing",
      value: flag,
    },
    { name: "useRslora", help: "scale by alpha / √rank", value: flag },
    ...variantOptions,
    {
      name: "init",
      argument: "<name>",
      help: `how pairs start: by chance with B zero, from the weights, or – ${measuringStarts} – from what the model makes of the data (default: default)`,
      value: oneOf(starts),
    },
    {
      name: "initBatches",
      argument: "<number>",
      help: `how many batches ${measuringStarts} look at (default: 16)`,
      value: integerIn({ min: 1 }),
    },
    { name: "bias", argument: "<which>", help: "biases of the base to train (default: none)", value: oneOf(biasModes) },
    {
      name: "modulesToSave",
      argument: "<names>",
      help: "train these modules whole and save them with the adapter",
      value: texts,
    },
    {
      name: "likePeft",
      help: "what no option says is as in PEFT's LoraConfig and transformers' Trainer: alpha 8, their modules, 3 epochs at 5e-5, nothing held out",
      value: flag,
    },
    {
      name: "loraConfig",
      argument: "<file>",
      help: "an adapter_config.json with any field of PEFT's LoraConfig (rank_pattern, layers_to_transform, …); fields that it lacks have PEFT's defaults, and options here go before it",
      value: text,
    },
  ],
};

/** Tokens that are added. */
export const tokenOptions: OptionGroup = {
  heading: "Tokens:",
  options: [
    {
      name: "addTokens",
      argument: "<tokens...>",
      help: "add these to the tokenizer, which is written to `out` as well, and train their rows of the model's tables",
      value: oneOrMore,
    },
    { name: "addTokensFile", argument: "<file>", help: "the same with a token a line", value: text },
    { name: "addAsSpecial", help: "add them as marks such as </s>, which generated text leaves out", value: flag },
  ],
};
