// Options of a run: the model, the rows, and the engine.

import type { Example } from "@lowrank/data";
import { engineNames } from "@lowrank/engine/internal/facts";
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

export const basePrecisions = ["float32", "as-stored", "nf4", "bf16", "int8"] as const;

/** Kinds of rows that do not use a prompt template. */
const unwritten: ReadonlySet<Example["kind"]> = new Set(["tokens", "audio", "speech", "choice"]);

/** Templates by name; "chat" is the model's own. */
const templateNames = ["plain", "alpaca", "vicuna", "koalpaca", "chat"] as const;

export const fileOptions = {
  heading: "Files:",
  rows: {
    model: {
      argument: "<path>",
      help: "Hugging Face folder, .gguf file or owner/name on the Hub (default: the base of `adapter`)",
      value: text,
    },
    /** Files, patterns, data sets of the Hub or "-". */
    data: {
      argument: "<files...>",
      help: "files of examples: JSONL, JSON, CSV, TSV or Parquet; a data set on the Hub; - for stdin",
      detail:
        'Rows of several files follow each other. Files may be packed by gzip. "data/*.jsonl" is a pattern, owner/name a data set on the Hugging Face Hub.',
      value: oneOrMore,
      isNeeded: true,
    },
    /** Folder for adapter, checkpoints and metrics.jsonl; locked during the run. Refused if it exists, unless `overwrite` or `resume`. */
    out: { argument: "<path>", help: "folder for the adapter", value: text, isNeeded: true },
    adapter: {
      argument: "<path>",
      help: "PEFT adapter to continue, instead of a new one",
      value: text,
    },
    /** Name of the base in a new adapter's files. */
    baseName: {
      argument: "<name>",
      help: "name of the base in the adapter's files (default: its name on the Hub, else ./ and its folder)",
      detail: "The model card has it, too.",
      value: text,
    },
    allowDifferentBase: {
      help: "accept an adapter that was made on other files, e.g. the same model as GGUF",
      value: flag,
    },
    basePrecision: {
      argument: "<bits>",
      help: "frozen base: float32 (default), as-stored, bf16, int8 (fast) or nf4 (least memory)",
      detail:
        "as-stored: as in the file. nf4: linear layers in 4 bits. bf16: tfjs-node also multiplies in it, faster and less exactly. int8: linear layers in 8 bits, in which native also multiplies: two to three times as fast if the processor has the instructions. 4-bit layers are multiplied in 8 bits too, somewhat slower.",
      value: oneOf(basePrecisions),
    },
    /** Hash the base's weight files (SHA-256), so that `resume` detects any change; without it, samples are compared. */
    verifyBase: {
      help: "hash all base weights (SHA-256), so that `resume` detects any change",
      detail: "Without it, samples of the weights are compared.",
      value: flag,
    },
    validation: {
      argument: "<files...>",
      help: "validation files, named as `data`",
      value: oneOrMore,
    },
    validationShare: {
      argument: "<share>",
      help: "share of validation rows, 0 for none (default: 0.1 from 50 rows on, at most 200 rows)",
      detail: "Rows with the same prompt stay together.",
      value: numberIn({ min: 0, max: 0.9 }),
      excludes: ["validation"],
      actsOn: {
        runs: "runs without `validation`",
        acts: (_, { validation }) => validation === undefined,
      },
    },
    /** The head to train, if neither the base's files nor the rows determine it. */
    task: {
      argument: "<name>",
      help: "head to train (default: a classifier for rows with one label, else the base's own head)",
      detail:
        "token-classification is for rows with a class for each token. With sequence-classification, rows for embeddings train a reranker.",
      value: oneOf(trainableTasks),
    },
    problemType: {
      argument: "<name>",
      help: "kind of labels: regression, single- or multi-label classification (default: detected)",
      detail: "Labels with a fraction mean regression, lists mean multi-label, all others one class for each row.",
      value: oneOf(["regression", "single_label_classification", "multi_label_classification"]),
    },
    /** Class names in the order of their numbers; default: the adapter's, else the model's, else those of the rows, sorted. */
    classNames: {
      argument: "<names>",
      help: 'class names in the order of their numbers, e.g. "bad,good" (default: from adapter, model or data)',
      detail:
        "The first one is class 0. Default: the adapter's names, else the model's, else those of the data, sorted.",
      value: texts,
      actsOn: { runs: "rows with classes", acts: (run) => reads(run, "classNames") && run.problem !== "regression" },
    },
    columns: {
      argument: "<pairs>",
      help: 'column names of a file, if they differ: "prompt=question,completion=answer"',
      value: pairs,
    },
    /** Column names of a table without a header line. */
    header: {
      argument: "<names>",
      help: 'column names of a CSV or TSV file without a header line, e.g. "sentence,label"',
      value: texts,
    },
    skipBadRows: { help: "skip and count broken rows, instead of refusing the file", value: flag },
    /** "chat" is the model's own template; default: chat for questions to a model that has one, else the one that suits the rows. */
    template: {
      argument: "<name>",
      help: "prompt template (default: by model and rows)",
      detail:
        "chat is the model's own template, and the default for questions to a model that has one. For other rows the default is the template that suits them.",
      value: oneOf(templateNames),
      actsOn: {
        runs: "rows of text that a template writes",
        acts: (run) => reads(run, "template") && run.kind !== undefined && !unwritten.has(run.kind),
      },
    },
    /** In tokens; default 512 or the model's limit. */
    maxLength: {
      argument: "<number>",
      help: "maximum tokens of a row (default: 512 or the model's limit)",
      value: integerIn({ min: 2 }),
      actsOn: onTokens,
    },
    /** Maximum tokens of an encoder–decoder's answer. */
    maxTargetLength: {
      argument: "<number>",
      help: "encoder–decoder: maximum tokens of an answer (default: 512 or the model's limit)",
      value: integerIn({ min: 2 }),
    },
  },
} as const satisfies OptionGroup;

export const engineOptions = {
  heading: "Options:",
  rows: {
    engine: {
      argument: "<name>",
      help: "engine (default: the best that starts)",
      value: oneOf(engineNames),
    },
    threads: {
      argument: "<number>",
      help: "number of threads (default: one for each processor)",
      value: integerIn({ min: 1, max: 1024 }),
    },
  },
} as const satisfies OptionGroup;

/** Precisions in which the base's numbers, or computations with them, may differ from its files. */
const rounded: readonly (string | undefined)[] = ["nf4", "bf16", "int8"];

export function isRounded(basePrecision: string | undefined): boolean {
  return rounded.includes(basePrecision);
}
