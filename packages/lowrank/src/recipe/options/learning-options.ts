// Options of a run: what is learnt of rows of texts to compare, of answers that people judged, and of other models.

import { rowLosses } from "../../objectives/row-losses.ts";
import { flag, numberIn, type OptionGroup, oneOf, text } from "./recipe-option.ts";

/** Of texts to compare. */
export const comparisonOptions: OptionGroup = {
  heading: "Embeddings:",
  options: [
    {
      name: "loss",
      argument: "<name>",
      help: "of rows of texts to compare: ranking (default: other rows' texts do not belong together), triplet (one negative a row), order (default where rows have a score) or cosine (scores from -1 to 1); of rows of two answers: dpo (default), ipo, simpo, orpo, kto, or answers (the better ones alone, as text)",
      value: oneOf(rowLosses),
    },
    {
      name: "pooling",
      argument: "<name>",
      help: "which states stand for a text (default: as the model's folder says)",
      value: oneOf(["mean", "first", "last"]),
    },
    { name: "normalise", help: "make embeddings of length 1, with `pooling`", value: flag },
    {
      name: "queryPrompt",
      argument: "<text>",
      help: "text before a row's first text, as \"query: \" (default: as the model's folder says)",
      value: text,
    },
    { name: "documentPrompt", argument: "<text>", help: 'text before its others, as "passage: "', value: text },
  ],
};

/** Of two answers. */
export const preferenceOptions: OptionGroup = {
  heading: "Preferences:",
  options: [
    {
      name: "beta",
      argument: "<number>",
      help: "how much the reward of an answer weighs (default: 0.1, for simpo 2)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "margin",
      argument: "<number>",
      help: "by how much the better answer is to lead, for simpo (default: 1)",
      value: numberIn({ min: 0 }),
    },
    {
      name: "desirableWeight",
      argument: "<number>",
      help: "how much good answers weigh, for kto (default: 1)",
      value: numberIn({ min: 0 }),
    },
    {
      name: "undesirableWeight",
      argument: "<number>",
      help: "how much bad answers weigh, for kto (default: 1)",
      value: numberIn({ min: 0 }),
    },
  ],
};

/** Of a teacher, or of the base. */
export const distillationOptions: OptionGroup = {
  heading: "Distillation:",
  options: [
    {
      name: "keepBase",
      argument: "<weight>",
      help: "how much it weighs that the model moves away from its base (default: 0)",
      value: numberIn({ min: 0 }),
    },
    {
      name: "teacher",
      argument: "<model>",
      help: "a model with the same tokenizer whose tokens are to be imitated",
      value: text,
    },
    {
      name: "teacherShare",
      argument: "<share>",
      help: "how much of the loss is the teacher's (default: 0.5)",
      value: numberIn({ min: 0, max: 1 }),
    },
    {
      name: "divergence",
      argument: "<direction>",
      help: "forward or reverse KL from teacher or base (default: forward)",
      value: oneOf(["forward", "reverse"]),
    },
    {
      name: "divergenceTemperature",
      argument: "<number>",
      help: "what the logits of both sides are divided by (default: 1)",
      value: numberIn({ above: 0 }),
    },
  ],
};
