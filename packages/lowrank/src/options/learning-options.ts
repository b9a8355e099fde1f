// Options of a run: losses for embeddings, ranking, preferences and distillation.

import type { Task } from "@lowrank/contracts/families";
import { type ActsOn, onComparisons, reads } from "./acts-on.ts";
import { flag, numberIn, type OptionGroup, oneOf, text } from "./option-table.ts";
import { onRewards } from "./reward-options.ts";
import { rowLosses } from "./row-losses.ts";

const judged: ActsOn = { isFor: "rows of preferences", acts: (run) => reads(run, "margin") };

const predictsTokens: ReadonlySet<Task> = new Set(["causal-lm", "masked-lm", "sequence-to-sequence"]);
const comparable: ActsOn = {
  isFor: "rows of text, where tokens of two models can be compared",
  acts: (run) => reads(run, "teacher") && predictsTokens.has(run.task),
};
const withAnother: ActsOn = {
  isFor: "runs with `teacher` or `klToBase`",
  acts: (_, { teacher, klToBase = 0 }) => teacher !== undefined || klToBase !== 0,
};

export const comparisonOptions = {
  heading: "Embeddings:",
  rows: {
    /** Two answers in a row: "dpo" (default), "ipo", "simpo", "orpo", "kto", or "answers" (the chosen ones, as text). One good or bad answer: "kto". */
    loss: {
      argument: "<name>",
      help: "embeddings: ranking, triplet, order, cosine; preferences: dpo, ipo, simpo, orpo, kto, answers",
      detail:
        "Embeddings: ranking (the default; MultipleNegativesRanking) has in-batch negatives, triplet one negative for each row, order (CoSENT) is the default for rows with a score, cosine is for scores from -1 to 1. Preferences: dpo is the default, answers trains the chosen answers alone, as text.",
      value: oneOf(rowLosses),
      actsOn: {
        isFor: "rows for embeddings, ranking or preferences",
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
        isFor: `${judged.isFor}, and ${onRewards.isFor}`,
        acts: (...run) => judged.acts(...run) || onRewards.acts(...run),
      },
    },
    /** Between chosen and rejected answers, for "simpo"; default 1. */
    margin: {
      argument: "<number>",
      help: "simpo: margin between chosen and rejected answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
    },
    /** Weight of good answers, for "kto"; default 1. */
    desirableWeight: {
      argument: "<number>",
      help: "kto: weight of good answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
    },
    /** Weight of bad answers; default 1. */
    undesirableWeight: {
      argument: "<number>",
      help: "kto: weight of bad answers (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
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
      actsOn: [comparable, { isFor: "runs without `teacher`", acts: (_, { teacher }) => teacher === undefined }],
    },
    /** Another model with the same tokenizer, whose predictions are imitated at the trained positions. */
    teacher: {
      argument: "<model>",
      help: "model with the same tokenizer, whose predictions are imitated",
      value: text,
      actsOn: comparable,
    },
    /** Share of the teacher in the loss, 0 to 1; the rest is the rows' own loss. Default 0.5. */
    teacherShare: {
      argument: "<share>",
      help: "share of the teacher in the loss (default: 0.5)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: { isFor: "runs with `teacher`", acts: (_, { teacher }) => teacher !== undefined },
    },
    /** "forward" (default) covers all that the teacher predicts, "reverse" its most likely tokens. */
    divergence: {
      argument: "<direction>",
      help: "KL divergence from teacher or base: forward (default) or reverse",
      detail: "forward covers all that the teacher predicts, reverse its most likely tokens.",
      value: oneOf(["forward", "reverse"]),
      actsOn: withAnother,
    },
    /** Both sides' logits are divided by it; default 1. */
    divergenceTemperature: {
      argument: "<number>",
      help: "temperature of the logits of both models (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: withAnother,
    },
  },
} as const satisfies OptionGroup;
