// Options of a run: how long, how fast, on how much at once, and how the trainer goes.

import { metricNames } from "../../metric-names.ts";
import { type LoopOptions, loopDefaults } from "../../train/training-options.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf } from "./recipe-option.ts";

/** Learning rate schedules by name. */
export const schedules = [
  "linear",
  "cosine",
  "constant",
  "cosine-with-restarts",
  "polynomial",
  "wsd",
] as const satisfies readonly NonNullable<LoopOptions["schedule"]>[];

/** Optimisers by name. */
export const optimizers = ["adamw", "sgd", "lion", "adafactor"] as const satisfies readonly NonNullable<
  LoopOptions["optimizer"]
>[];

/** The loop. */
export const loopOptions: OptionGroup = {
  heading: "Training:",
  options: [
    {
      name: "epochs",
      argument: "<number>",
      help: "passes over the data, 0.5 for half of it (default: 3, more where those make few steps)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "steps",
      argument: "<number>",
      help: "optimiser steps",
      value: integerIn({ min: 1 }),
      excludes: ["epochs"],
    },
    {
      name: "batchSize",
      argument: "<number>",
      help: "rows a batch (default: 8, 4 below 64 rows)",
      value: integerIn({ min: 1 }),
    },
    {
      name: "batchTokens",
      argument: "<number>",
      help: "in place of `batchSize`: as many whole rows a batch as have together no more than so many tokens (packing)",
      value: integerIn({ min: 1 }),
      excludes: ["batchSize"],
    },
    {
      name: "accumulate",
      argument: "<number>",
      help: "batches an optimiser step, as one large batch",
      value: integerIn({ min: 1 }),
      standard: loopDefaults.accumulate,
    },
    {
      name: "learningRate",
      argument: "<rate>",
      help: "peak learning rate (default: by the model's size and what is trained)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "schedule",
      argument: "<name>",
      help: "learning rate after the warm-up",
      value: oneOf(schedules),
      standard: loopDefaults.schedule,
    },
    {
      name: "warmupSteps",
      argument: "<number>",
      help: "raise the learning rate over the first N steps; the first one has 0, as in transformers",
      value: integerIn({ min: 0 }),
    },
    {
      name: "warmupRatio",
      argument: "<share>",
      help: "the same as a share of all steps (default: 0.03, with a first rate above 0)",
      value: numberIn({ min: 0, max: 1 }),
      excludes: ["warmupSteps"],
    },
    {
      name: "weightDecay",
      argument: "<rate>",
      help: "the optimiser's",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.weightDecay,
    },
    {
      name: "clipNorm",
      argument: "<norm>",
      help: "largest norm of all gradients, 0 for none",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.clipNorm,
    },
    {
      name: "gradientCheckpointing",
      argument: "[blocks]",
      help: "less memory, more time: keep what goes into every block, or every so many, and compute the rest twice",
      value: { anyOf: [flag, integerIn({ min: 1 })] },
    },
    {
      name: "groupByLength",
      help: "put rows of like length together, which pads less (default: by chance, or as the run that `resume` goes on with)",
      value: flag,
      without: "batch rows by chance alone",
    },
    {
      name: "seed",
      argument: "<number>",
      help: "seed of the adapter, the order of the data and dropout",
      value: integerIn({ min: 0, max: 2 ** 32 - 1 }),
      standard: loopDefaults.seed,
    },
    {
      name: "evalEvery",
      argument: "<steps>",
      help: "measure the validation loss so often (default: after each epoch, ten times at most)",
      value: integerIn({ min: 1 }),
    },
    {
      name: "saveEvery",
      argument: "<steps>",
      help: "save a checkpoint so often, and after each validation that is the best so far",
      value: integerIn({ min: 1 }),
    },
    {
      name: "scheduleCycles",
      argument: "<number>",
      help: "waves of cosine-with-restarts (default: 1)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "schedulePower",
      argument: "<number>",
      help: "power of polynomial (default: 1)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "endRate",
      argument: "<share>",
      help: "the last rate of polynomial and wsd, as a share of the highest (default: 0)",
      value: numberIn({ min: 0, max: 1 }),
    },
    {
      name: "decayShare",
      argument: "<share>",
      help: "the share of all steps over which wsd falls (default: 0.1)",
      value: numberIn({ min: 0, max: 1 }),
    },
    {
      name: "optimizer",
      argument: "<name>",
      help: "adamw, sgd, lion – at a learning rate three to ten times smaller –, or adafactor, which takes little memory beside tables that are trained whole (default: adamw)",
      value: oneOf(optimizers),
    },
    {
      name: "betas",
      argument: "<pair>",
      help: 'of adamw and lion (default: "0.9,0.999" and "0.9,0.99")',
      value: { type: "array", items: numberIn({ min: 0, below: 1 }), minItems: 2, maxItems: 2 },
      expected: 'two numbers, such as "0.9,0.999"',
    },
    { name: "momentum", argument: "<share>", help: "of sgd (default: 0)", value: numberIn({ min: 0, below: 1 }) },
    {
      name: "loraPlusRatio",
      argument: "<number>",
      help: "let each B learn so many times as fast as A (LoRA+; 16 is usual)",
      value: numberIn({ above: 0 }),
    },
    {
      name: "embeddingNoise",
      argument: "<alpha>",
      help: "noise on embedded tokens (NEFTune; 5 is usual)",
      value: numberIn({ min: 0 }),
    },
    {
      name: "labelSmoothing",
      argument: "<share>",
      help: "share of each label that all classes get alike (0.1 is usual)",
      value: numberIn({ min: 0, below: 1 }),
    },
    {
      name: "maxBadSteps",
      argument: "<number>",
      help: "leave out so many steps in a row whose numbers are not finite (default: 0, which ends the run)",
      value: integerIn({ min: 0 }),
    },
    {
      name: "patience",
      argument: "<number>",
      help: "stop after so many validations in a row that are no better",
      value: integerIn({ min: 1 }),
    },
    {
      name: "bestBy",
      argument: "<metric>",
      help: "what a validation is judged by (default: accuracy for rows of one class each, else loss)",
      value: oneOf(metricNames),
    },
    {
      name: "keep",
      argument: "<which>",
      help: 'checkpoints that stay: "best,last:3" (the default with `saveEvery`), "best" or "last:1"',
      value: { type: "array", items: { type: "string", pattern: "^(best|last:[1-9][0-9]{0,8})$" } },
      expected: '"best", "last:3", or both with a comma between',
    },
    {
      name: "tensorBoard",
      help: "write losses, validations and speed for TensorBoard, too (tensorboard --logdir <out>)",
      value: flag,
    },
    {
      name: "report",
      help: "write report.html, too: curves, samples before and after, rows, recipe and machine on one page",
      value: flag,
    },
  ],
};
