// Options of a run: losses for embeddings, ranking, preferences and distillation.

import type { Task } from "@lowrank/contracts/families";
import { type ActsOn, onComparisons, reads } from "./acts-on.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf, type Schema, text } from "./option-table.ts";
import { onRewards } from "./reward-options.ts";
import { rowLosses } from "./row-losses.ts";

const onPreferences: ActsOn = { runs: "rows of preferences", acts: (run) => reads(run, "margin") };

const predictsTokens: ReadonlySet<Task> = new Set(["causal-lm", "masked-lm", "sequence-to-sequence"]);
const onTokenPredictors: ActsOn = {
  runs: "rows of text, where tokens of two models can be compared",
  acts: (run) => reads(run, "teacher") && predictsTokens.has(run.task),
};
const onDivergence: ActsOn = {
  runs: "runs with `teacher` or `klToBase`",
  acts: (_, { teacher, klToBase = 0 }) => teacher !== undefined || klToBase !== 0,
};

export const comparisonOptions = {
  heading: "Embeddings:",
  rows: {
    /** Two answers in a row: "dpo" (default), "ipo", "simpo", "orpo", "kto", "reward" (a reward model), or "answers" (the chosen ones, as text). One good or bad answer: "kto". */
    loss: {
      argument: "<name>",
      help: "ranking, gist, triplet, order, cosine; for preferences: dpo, ipo, simpo, orpo, kto, reward, answers",
      detail:
        "Embeddings: ranking (the default; MultipleNegativesRanking) has in-batch negatives; gist (GISTEmbed) leaves out those that the `guide` finds more similar than the row's own texts. triplet has one negative for each row, order (CoSENT) is the default for rows with a score, cosine is for scores from -1 to 1. Preferences: dpo is the default, reward trains a reward model, answers trains the chosen answers alone, as text.",
      value: oneOf(rowLosses),
      actsOn: {
        runs: "rows for embeddings, ranking or preferences",
        acts: (run) => reads(run, "loss") || run.areChosen,
      },
    },
    /** How token states become one vector: their mean, the first or the last one. */
    pooling: {
      argument: "<name>",
      help: "how token states become one vector: mean, first or last (default: as in the model's folder)",
      value: oneOf(["mean", "first", "last"]),
      actsOn: onComparisons,
    },
    /** Scale embeddings to length 1; default: as in the model's folder, else false. */
    normalize: { help: "scale embeddings to length 1, with `pooling`", value: flag, actsOn: onComparisons },
    queryPrompt: {
      argument: "<text>",
      help: `text before each query, e.g. "query: " (default: as in the model's folder)`,
      detail: "The query is a row's first text; the others are its documents.",
      value: text,
    },
    documentPrompt: {
      argument: "<text>",
      help: `text before each document, e.g. "passage: " (default: as in the model's folder)`,
      value: text,
    },
  },
} as const satisfies OptionGroup;

const onEmbeddings: ActsOn = { runs: "rows for embeddings", acts: (run) => reads(run, "miniBatchSize") };

export const embeddingOptions = {
  heading: "Training embeddings:",
  rows: {
    /** Texts that are embedded at a time, and again for their gradients (GradCache): a large batch in the memory of a small one. */
    miniBatchSize: {
      argument: "<texts>",
      help: "embed N texts at a time (GradCache): the memory of N for any batch size (default: the batch)",
      detail: "Costs a second forward pass. Loss and gradients are those of the whole batch.",
      value: integerIn({ min: 1 }),
      fact: "mini-batch",
      card: "mini-batch size",
      actsOn: onEmbeddings,
    },
    /** Matryoshka: also trains the first dimensions of each embedding as an embedding, for `embed` with `dimensions`. */
    matryoshkaDims: {
      argument: "<numbers>",
      help: 'Matryoshka: numbers of first dimensions to train as embeddings, e.g. "384,192,96"',
      detail: "The list should have the model's width, too. `embed` with `dimensions` then returns shorter vectors.",
      value: { type: "array", items: integerIn({ min: 1 }), minItems: 1 } as Schema<readonly number[]>,
      expected: 'whole numbers, such as "384,192,96"',
      actsOn: onEmbeddings,
    },
    /** Weight of the loss for each of `matryoshkaDims`; default 1. */
    matryoshkaWeights: {
      argument: "<numbers>",
      help: "weight of the loss for each of `matryoshkaDims` (default: 1)",
      value: { type: "array", items: numberIn({ min: 0 }), minItems: 1 } as Schema<readonly number[]>,
      expected: 'numbers, such as "1,0.5,0.25"',
      actsOn: { runs: "runs with `matryoshkaDims`", acts: (_, { matryoshkaDims }) => matryoshkaDims !== undefined },
    },
    /** With the loss "gist": an embedding model with the same tokenizer; default the model without the adapter. */
    guide: {
      argument: "<model>",
      help: "gist: embedding model with the same tokenizer (default: the model without the adapter)",
      value: text,
      actsOn: { runs: "the loss `gist`", acts: (_, { loss }) => loss === "gist" },
    },
  },
} as const satisfies OptionGroup;

export const preferenceOptions = {
  heading: "Preferences:",
  rows: {
    /** Strength of the preference loss; default 0.1, for "simpo" 2. With `objective`: weight of the KL penalty to the base; default 0. */
    beta: {
      argument: "<number>",
      help: "strength of the preference loss (default: 0.1; simpo: 2); grpo, rloo: KL weight (default: 0)",
      detail: "For dpo, a higher value stays closer to the base model.",
      value: numberIn({ min: 0 }),
      actsOn: {
        runs: `${onPreferences.runs}, and ${onRewards.runs}`,
        acts: (...run) => onPreferences.acts(...run) || onRewards.acts(...run),
      },
    },
    /** Between chosen and rejected answers, for "simpo"; default 1. */
    margin: {
      argument: "<number>",
      help: "simpo: margin between chosen and rejected answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: onPreferences,
    },
    /** Weight of good answers, for "kto"; default 1. */
    desirableWeight: {
      argument: "<number>",
      help: "kto: weight of good answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: onPreferences,
    },
    /** Weight of bad answers; default 1. */
    undesirableWeight: {
      argument: "<number>",
      help: "kto: weight of bad answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: onPreferences,
    },
  },
} as const satisfies OptionGroup;

export const distillationOptions = {
  heading: "Distillation:",
  rows: {
    /** Weight of the KL divergence from the base model, added to the loss; default 0. */
    klToBase: {
      argument: "<weight>",
      help: "weight of a KL penalty that keeps outputs close to the base model (default: 0)",
      value: numberIn({ min: 0 }),
      actsOn: [onTokenPredictors, { runs: "runs without `teacher`", acts: (_, { teacher }) => teacher === undefined }],
    },
    /** Another model with the same tokenizer, whose predictions are imitated at the trained positions. */
    teacher: {
      argument: "<model>",
      help: "model with the same tokenizer, whose predictions are imitated",
      value: text,
      actsOn: onTokenPredictors,
    },
    /** Share of the teacher in the loss, 0 to 1; the rest is the rows' own loss. Default 0.5. */
    teacherShare: {
      argument: "<share>",
      help: "share of the teacher in the loss (default: 0.5)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: { runs: "runs with `teacher`", acts: (_, { teacher }) => teacher !== undefined },
    },
    /** "forward" (default) covers all that the teacher predicts, "reverse" its most likely tokens. */
    divergence: {
      argument: "<direction>",
      help: "KL divergence from teacher or base: forward (default) or reverse",
      detail: "forward covers all that the teacher predicts, reverse its most likely tokens.",
      value: oneOf(["forward", "reverse"]),
      actsOn: onDivergence,
    },
    /** Both sides' logits are divided by it; default 1. */
    divergenceTemperature: {
      argument: "<number>",
      help: "temperature of the logits of both models (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onDivergence,
    },
  },
} as const satisfies OptionGroup;
