// Options of a run: what is learnt of rows of texts to compare, of answers that people judged, and of other models.

import type { Task } from "@lowrank/contracts/families";
import { type ActsOn, onComparisons, reads } from "./acts-on.ts";
import { flag, numberIn, type OptionGroup, oneOf, text } from "./option-table.ts";
import { rowLosses } from "./row-losses.ts";

const judged: ActsOn = { isFor: "rows of answers that people judged", acts: (run) => reads(run, "beta") };

const predictsTokens: ReadonlySet<Task> = new Set(["causal-lm", "masked-lm", "sequence-to-sequence"]);
const comparable: ActsOn = {
  isFor: "rows of text, where tokens of two models can be compared",
  acts: (run) => reads(run, "teacher") && predictsTokens.has(run.task),
};
const withAnother: ActsOn = {
  isFor: "runs with a teacher, or that keep near their base",
  acts: (_, { teacher, klToBase = 0 }) => teacher !== undefined || klToBase !== 0,
};

/** Of texts to compare. */
export const comparisonOptions = {
  heading: "Embeddings:",
  rows: {
    /**
     * Of rows of two answers: "dpo" (the default), "ipo", "simpo", "orpo" or "kto"; "answers" trains the chosen ones alone, as rows of
     * text. Of rows of one answer that is good or bad: "kto".
     */
    loss: {
      argument: "<name>",
      help: "of rows of texts to compare: ranking (default: other rows' texts do not belong together), triplet (one negative a row), order (default where rows have a score) or cosine (scores from -1 to 1); of rows of two answers: dpo (default), ipo, simpo, orpo, kto, or answers (the better ones alone, as text)",
      value: oneOf(rowLosses),
      actsOn: {
        isFor: "rows of texts to compare or of answers that people judged",
        acts: (run) => reads(run, "loss") || run.areChosen,
      },
    },
    /** Which states stand for a text: the mean, the first token's or the last one's. */
    pooling: {
      argument: "<name>",
      help: "which states stand for a text (default: as the model's folder says)",
      value: oneOf(["mean", "first", "last"]),
      actsOn: onComparisons,
    },
    /** Whether embeddings have length 1; false where neither this nor the folder says so. */
    normalize: { help: "make embeddings of length 1, with `pooling`", value: flag, actsOn: onComparisons },
    queryPrompt: {
      argument: "<text>",
      help: "text before a row's first text, as \"query: \" (default: as the model's folder says)",
      value: text,
    },
    documentPrompt: { argument: "<text>", help: 'text before its others, as "passage: "', value: text },
  },
} as const satisfies OptionGroup;

/** Of two answers. */
export const preferenceOptions = {
  heading: "Preferences:",
  rows: {
    /** How much the reward of an answer weighs; default 0.1, for "simpo" 2. */
    beta: {
      argument: "<number>",
      help: "how much the reward of an answer weighs (default: 0.1, for simpo 2)",
      value: numberIn({ above: 0 }),
      actsOn: judged,
    },
    /** By how much the chosen answer is to lead, for "simpo"; default 1. */
    margin: {
      argument: "<number>",
      help: "by how much the better answer is to lead, for simpo (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
    },
    /** How much good answers weigh, for "kto"; default 1. */
    desirableWeight: {
      argument: "<number>",
      help: "how much good answers weigh, for kto (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
    },
    /** How much bad ones do; default 1. */
    undesirableWeight: {
      argument: "<number>",
      help: "how much bad answers weigh, for kto (default: 1)",
      value: numberIn({ min: 0 }),
      actsOn: judged,
    },
  },
} as const satisfies OptionGroup;

/** Of a teacher, or of the base. */
export const distillationOptions = {
  heading: "Distillation:",
  rows: {
    /** How much it weighs, beside the loss, that the model moves away from its base: the KL divergence of its tokens; default 0. */
    klToBase: {
      argument: "<weight>",
      help: "how much it weighs that the model moves away from its base (default: 0)",
      value: numberIn({ min: 0 }),
      actsOn: [comparable, { isFor: "runs without a teacher", acts: (_, { teacher }) => teacher === undefined }],
    },
    /** Another model with the same tokenizer, whose tokens are to be imitated at the places that rows train. */
    teacher: {
      argument: "<model>",
      help: "a model with the same tokenizer whose tokens are to be imitated",
      value: text,
      actsOn: comparable,
    },
    /** How much of the loss is the teacher's, 0 to 1; the rest is the rows' own. Default 0.5. */
    teacherShare: {
      argument: "<share>",
      help: "how much of the loss is the teacher's (default: 0.5)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: { isFor: "runs with a teacher", acts: (_, { teacher }) => teacher !== undefined },
    },
    /** Which way the divergence looks: "forward" (the default) covers all that the teacher may say, "reverse" says what it says most. */
    divergence: {
      argument: "<direction>",
      help: "forward or reverse KL from teacher or base (default: forward)",
      value: oneOf(["forward", "reverse"]),
      actsOn: withAnother,
    },
    /** Both sides' logits are divided by it; default 1. */
    divergenceTemperature: {
      argument: "<number>",
      help: "what the logits of both sides are divided by (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: withAnother,
    },
  },
} as const satisfies OptionGroup;
