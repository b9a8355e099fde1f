// Options of a run: what is trained on which rows, and on which engine.

import type { Example } from "@lowrank/data";
import { engineNames } from "@lowrank/engine/facts";
import { onTokens, reads } from "./acts-on.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf, oneOrMore, pairs, text, texts } from "./option-table.ts";

/** Heads that rows of a data file can train, by name. */
const trainableTasks = [
  "causal-lm",
  "masked-lm",
  "sequence-to-sequence",
  "sequence-classification",
  "token-classification",
  "question-answering",
  "feature-extraction",
] as const;

/** How the base's weights may be kept. */
export const basePrecisions = ["float32", "as-stored", "nf4", "bf16", "int8"] as const;

/** Kinds of rows that no template writes. */
const unwritten: ReadonlySet<Example["kind"]> = new Set(["tokens", "audio", "speech", "choice"]);

/** Templates by name; "chat" is the model's own. */
const templateNames = ["plain", "alpaca", "vicuna", "koalpaca", "chat"] as const;

/** Files, rows and how they are read. */
export const fileOptions = {
  heading: "Files:",
  rows: {
    model: {
      argument: "<path>",
      help: "Hugging Face model folder, .gguf file, or owner/name on the Hugging Face Hub (default: the base of `adapter`)",
      value: text,
    },
    /** Files, patterns, data sets of the Hub or "-", whose rows follow each other. */
    data: {
      argument: "<files...>",
      help: 'files of examples, whose rows follow each other: JSONL, JSON, CSV, TSV or Parquet, packed by gzip or not, a pattern ("data/*.jsonl"), owner/name of a data set on the Hugging Face Hub, or - for stdin',
      value: oneOrMore,
      isNeeded: true,
    },
    /**
     * The folder for the adapter, its checkpoints and metrics.jsonl; locked while the run goes on, and refused if it exists,
     * unless `overwrite` or `resume`.
     */
    out: { argument: "<path>", help: "folder to write the adapter to", value: text, isNeeded: true },
    /** The one to go on with. */
    adapter: {
      argument: "<path>",
      help: "continue this PEFT adapter instead of starting a new one",
      value: text,
    },
    /** What a new adapter's files call the base. */
    baseName: {
      argument: "<name>",
      help: "name of the base in the adapter's files and model card (default: its name on the Hub, else ./ and the name of its folder)",
      value: text,
    },
    allowDifferentBase: {
      help: "take the adapter even if it was made on other files than the base's, such as the same model as GGUF",
      value: flag,
    },
    basePrecision: {
      argument: "<bits>",
      help: "keep the base in float32 (default), in the bits of its file (as-stored), its linear layers in 4 bits (nf4): less memory, more time; in bf16, which tfjs-node also multiplies, faster and less exactly; or its linear layers in 8 bits (int8), which native also multiplies: two to three times as fast where the processor has the instructions",
      value: oneOf(basePrecisions),
    },
    /**
     * Notes the SHA-256 of the base's weight files, so that `resume` refuses a base of which one bit is another; without it,
     * samples of them are compared.
     */
    verifyBase: {
      help: "note the SHA-256 of the base's weight files, so that `resume` refuses a base of which one bit is another",
      value: flag,
    },
    validation: {
      argument: "<files...>",
      help: "measure the loss on these as well, named as `data`",
      value: oneOrMore,
    },
    validationShare: {
      argument: "<share>",
      help: "hold out this share of the data, split by prompt; 0 for none (default: 0.1 from 50 rows on, at most 200 rows)",
      value: numberIn({ min: 0, max: 0.9 }),
      excludes: ["validation"],
      actsOn: {
        isFor: "runs that are given no rows to validate on",
        acts: (_, { validation }) => validation === undefined,
      },
    },
    /** The head to train, where neither the base's files nor the rows say it. */
    task: {
      argument: "<name>",
      help: "head to train: token-classification for rows with a class for each token (default: a classifier for rows with one label, else the base's own)",
      value: oneOf(trainableTasks),
    },
    /** What a classifier is for, where its labels leave it open. */
    problemType: {
      argument: "<name>",
      help: "what labels of rows are, where they leave it open: a fraction among them makes a regression, lists any number of classes a row, anything else one class",
      value: oneOf(["regression", "single_label_classification", "multi_label_classification"]),
    },
    /** Names of the classes in the order of their numbers; default: the adapter's, else the model's, else the sorted ones of the rows. */
    classNames: {
      argument: "<names>",
      help: 'names of the classes in the order of their numbers, such as "bad,good" for 0 and 1 (default: those of the adapter, else of the model, else of the data, sorted)',
      value: texts,
      actsOn: { isFor: "rows with classes", acts: (run) => reads(run, "classNames") && run.problem !== "regression" },
    },
    /** Which column of the file is which field of a row. */
    columns: {
      argument: "<pairs>",
      help: 'names of a file\'s columns, where they differ: "prompt=question,completion=answer"',
      value: pairs,
    },
    /** Names of a table's columns where its first line has none. */
    header: {
      argument: "<names>",
      help: 'for a CSV or TSV file whose first line is a row already: names of its columns, such as "sentence,label"',
      value: texts,
    },
    skipBadRows: { help: "leave broken rows out and count them, instead of refusing the file", value: flag },
    /** How a row becomes text: "plain", "alpaca", "vicuna", "koalpaca", or the model's own "chat"; default: chat for questions to a model that has it, else what suits the rows. */
    template: {
      argument: "<name>",
      help: "how a row becomes text; chat is the model's own (default: chat for questions to a model that has it, else what suits the rows)",
      value: oneOf(templateNames),
      actsOn: {
        isFor: "rows of text that a template writes",
        acts: (run) => reads(run, "template") && run.kind !== undefined && !unwritten.has(run.kind),
      },
    },
    /** After how many tokens rows are cut; default 512 or the model's limit. */
    maxLength: {
      argument: "<number>",
      help: "cut rows after so many tokens (default: 512 or the model's limit)",
      value: integerIn({ min: 2 }),
      actsOn: onTokens,
    },
    /** Of an encoder–decoder: after how many tokens answers are cut. */
    maxTargetLength: {
      argument: "<number>",
      help: "for an encoder–decoder: cut answers after so many tokens (default: 512 or the model's limit)",
      value: integerIn({ min: 2 }),
    },
  },
} as const satisfies OptionGroup;

/** What computes. */
export const engineOptions = {
  heading: "Options:",
  rows: {
    engine: {
      argument: "<name>",
      help: "compute with this engine (default: the best that starts)",
      value: oneOf(engineNames),
    },
    threads: {
      argument: "<number>",
      help: "threads that compute (default: one for each processor)",
      value: integerIn({ min: 1, max: 1024 }),
    },
  },
} as const satisfies OptionGroup;

/** Precisions in which the base's numbers, or what is computed with them, may be others than in its files. */
const rounded: readonly (string | undefined)[] = ["nf4", "bf16", "int8"];

export function isRounded(basePrecision: string | undefined): boolean {
  return rounded.includes(basePrecision);
}
