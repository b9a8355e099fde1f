// Options of a run: learning from rewards. The names and defaults are those of TRL's GRPOConfig.

import type { ActsOn } from "./acts-on.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf, oneOrMore, type Schema } from "./option-table.ts";

export const onRewards: ActsOn = {
  runs: "runs with `objective`",
  acts: (_, { objective }) => objective !== undefined,
};

export const rewardOptions = {
  heading: "Rewards:",
  rows: {
    /** Learn from rewards of completions that the model writes; default: the objective of the rows. */
    objective: {
      argument: "<name>",
      help: "learn from completions: grpo, rloo, gkd (default: by rows)",
      detail:
        "The model writes completions of each prompt. grpo compares the `reward` of each with the mean of its group, rloo with the mean of the others. gkd imitates the probabilities of `teacher` for them (on-policy distillation).",
      value: oneOf(["grpo", "rloo", "gkd"]),
    },
    /** Modules with a function as default export, and built-in rewards. In a program: a function, or several with weights. */
    reward: {
      argument: "<rewards...>",
      help: "reward function: .ts or .js file, json-schema:<file>, regex:<pattern>, exact-match, length:<n> …",
      detail:
        "The default export of a file is a function of { prompt, completion, row, signal } that returns a number, or numbers by name. json-schema gives 1 for JSON that the schema allows, 0.5 for other JSON. grader:<file> is a string_check or text_similarity grader of OpenAI's API in JSON. regex looks for a pattern (RE2). exact-match compares with the row's answer, completion or reference. length:50 rewards 50 words. lm-judge:<path> asks a chat model on disk for a score, which is loaded once; lm-judge:<url>#<model> one behind OpenAI's API, with the key in OPENAI_API_KEY.",
      value: oneOrMore,
      actsOn: onRewards,
    },
    rewardWeights: {
      argument: "<weights>",
      help: 'weights of several rewards, e.g. "1,0.5" (default: 1 each)',
      value: { type: "array", items: { type: "number" } } as Schema<readonly number[]>,
      expected: 'numbers with commas between, such as "1,0.5"',
      actsOn: onRewards,
    },
    /** Completions of each prompt; default 8. */
    numGenerations: {
      argument: "<number>",
      help: "completions of each prompt, which are compared with each other (default: 8)",
      value: integerIn({ min: 2, max: 1024 }),
      actsOn: onRewards,
    },
    /** In tokens; default 256. */
    maxCompletionLength: {
      argument: "<number>",
      help: "maximum tokens of a completion (default: 256)",
      value: integerIn({ min: 1 }),
      actsOn: onRewards,
    },
    /** Temperature of sampling; default 1. */
    temperature: {
      argument: "<number>",
      help: "sampling temperature of completions (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onRewards,
    },
    /** Top-p of sampling; default 1. */
    topP: {
      argument: "<share>",
      help: "sample from the likeliest tokens with this total probability (default: 1, all)",
      value: numberIn({ above: 0, max: 1 }),
      actsOn: onRewards,
    },
    /** How far the probability ratio of a token may be from 1; default 0.2. */
    epsilon: {
      argument: "<number>",
      help: "clip probability ratios below 1 - epsilon and above 1 + epsilon (default: 0.2)",
      value: numberIn({ above: 0, below: 1 }),
      actsOn: onRewards,
    },
    /** Default: `epsilon`. */
    epsilonHigh: {
      argument: "<number>",
      help: "upper clipping bound, e.g. 0.28 as in DAPO (default: `epsilon`)",
      value: numberIn({ above: 0 }),
      actsOn: onRewards,
    },
    /** Updates on the same completions; default 1. */
    numIterations: {
      argument: "<number>",
      help: "updates on the same completions (default: 1)",
      value: integerIn({ min: 1 }),
      actsOn: onRewards,
    },
    /** The divisor of advantages: the standard deviation of the prompt's rewards ("group", default), of the batch's, or none. */
    scaleRewards: {
      argument: "<how>",
      help: "divide advantages by the standard deviation of rewards: group (default), batch or none",
      value: oneOf(["group", "batch", "none"]),
      actsOn: onRewards,
    },
    /** How token losses are averaged; default "dapo". */
    lossType: {
      argument: "<name>",
      help: "mean of token losses: dapo (default), grpo, dr_grpo or bnpo",
      detail:
        "dapo divides by the tokens of the whole step, bnpo by those of the batch, grpo takes the mean of each completion, dr_grpo divides by `maxCompletionLength`.",
      value: oneOf(["grpo", "dr_grpo", "dapo", "bnpo"]),
      actsOn: onRewards,
    },
    /** Leave completions without an end out of the loss; default false. */
    maskTruncatedCompletions: {
      help: "leave truncated completions out of the loss",
      value: flag,
      actsOn: onRewards,
    },
    /** Seconds for each call of a reward; default 60. */
    rewardTimeout: {
      argument: "<seconds>",
      help: "time limit for each call of a reward (default: 60)",
      value: numberIn({ above: 0, max: 86_400 }),
      actsOn: onRewards,
    },
    /** Calls of rewards at a time; default 16. */
    rewardConcurrency: {
      argument: "<number>",
      help: "maximum calls of rewards at a time (default: 16)",
      value: integerIn({ min: 1, max: 10_000 }),
      actsOn: onRewards,
    },
    /** Every N steps `onNote` gets a prompt with its best and its worst completion; default: never. */
    logCompletions: {
      argument: "<steps>",
      help: "every N steps, print a prompt with its best and its worst completion",
      value: integerIn({ min: 1 }),
      actsOn: onRewards,
    },
  },
} as const satisfies OptionGroup;
