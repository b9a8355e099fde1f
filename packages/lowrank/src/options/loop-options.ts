// Options of a run: how long, how fast, on how much at once, and how the trainer goes.

import type { ComparisonPrompts } from "@lowrank/data";
import type { OptimizerName, ScheduleName } from "@lowrank/trainer";
import { metricNames } from "../metric-names.ts";
import { type ActsOn, isOneClass, onComparisons, onTokens, onValidation, reads } from "./acts-on.ts";
import { loopDefaults } from "./loop-defaults.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf, type Schema } from "./option-table.ts";

/** Names in the order of the help: the trainer's own, whose tables would load TensorFlow.js. The compiler asks for a missing one. */
const schedules = namesOf<ScheduleName>({
  ...{ linear: true, cosine: true, constant: true, "cosine-with-restarts": true, polynomial: true, wsd: true },
});
const optimizers = namesOf<OptimizerName>({ adamw: true, sgd: true, lion: true, adafactor: true });

function namesOf<Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] {
  // Its keys are the names, as the type says.
  return Object.keys(names) as Name[];
}

function onSchedule(...names: readonly ScheduleName[]): ActsOn {
  return {
    isFor: `the schedule ${names.join(" or ")}`,
    acts: (_, { schedule = loopDefaults.schedule }) => names.some((name) => name === schedule),
  };
}

/** The loop. */
export const loopOptions = {
  heading: "Training:",
  rows: {
    /** Passes over the rows, 0.5 for half of them; default 3, more for few rows. */
    epochs: {
      argument: "<number>",
      help: "passes over the data, 0.5 for half of it (default: 3, more where those make few steps)",
      value: numberIn({ above: 0 }),
      actsOn: { isFor: "runs that are not counted in steps", acts: (_, { steps }) => steps === undefined },
    },
    /** Optimiser steps, in place of epochs. */
    steps: {
      argument: "<number>",
      help: "optimiser steps",
      value: integerIn({ min: 1 }),
      excludes: ["epochs"],
    },
    /** Rows a batch; default 8, 4 below 64 rows. */
    batchSize: {
      argument: "<number>",
      help: "rows a batch (default: 8, 4 below 64 rows)",
      value: integerIn({ min: 1 }),
    },
    /**
     * In place of `batchSize`: as many whole rows a batch as have together no more than so many tokens; a longer row is alone. Validation
     * keeps to batches of rows.
     */
    batchTokens: {
      argument: "<number>",
      help: "in place of `batchSize`: as many whole rows a batch as have together no more than so many tokens (packing)",
      value: integerIn({ min: 1 }),
      excludes: ["batchSize"],
    },
    /** Batches an optimiser step, as one large batch; default 1. */
    gradientAccumulationSteps: {
      argument: "<number>",
      help: "batches an optimiser step, as one large batch",
      value: integerIn({ min: 1 }),
      standard: loopDefaults.gradientAccumulationSteps,
    },
    /** The highest; default: by what is trained and how large the model is. */
    learningRate: {
      argument: "<rate>",
      help: "peak learning rate (default: by the model's size and what is trained)",
      value: numberIn({ above: 0 }),
    },
    /** Of the learning rate after the warm-up; default "linear". */
    schedule: {
      argument: "<name>",
      help: "learning rate after the warm-up",
      value: oneOf(schedules),
      standard: loopDefaults.schedule,
    },
    /** Steps of rising learning rate; the first has 0, as in transformers. */
    warmupSteps: {
      argument: "<number>",
      help: "raise the learning rate over the first N steps; the first one has 0, as in transformers",
      value: integerIn({ min: 0 }),
    },
    /** The same as a share of all steps; default 0.03, with a first rate above 0. */
    warmupRatio: {
      argument: "<share>",
      help: "the same as a share of all steps (default: 0.03, with a first rate above 0)",
      value: numberIn({ min: 0, max: 1 }),
      excludes: ["warmupSteps"],
      actsOn: {
        isFor: "a warm-up that is not counted in steps",
        acts: (_, { warmupSteps }) => warmupSteps === undefined,
      },
    },
    /** The optimiser's; default 0.01. */
    weightDecay: {
      argument: "<rate>",
      help: "the optimiser's",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.weightDecay,
    },
    /** The largest norm of all gradients, 0 for none; default 1. */
    clipNorm: {
      argument: "<norm>",
      help: "largest norm of all gradients, 0 for none",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.clipNorm,
    },
    /** Less memory, more time: how many blocks share a checkpoint; true: each has its own. */
    gradientCheckpointing: {
      argument: "[blocks]",
      help: "less memory, more time: keep what goes into every block, or every so many, and compute the rest twice",
      value: { anyOf: [flag, integerIn({ min: 1 })] } as Schema<true | number>,
    },
    /**
     * Whether rows of like length come together, which pads less; batches still come by chance. Default false, and as the run
     * began where `resume` goes on with one. With `resumeFrom`, say what the run was told that left it.
     */
    groupByLength: {
      help: "put rows of like length together, which pads less (default: by chance, or as the run that `resume` goes on with)",
      value: flag,
      without: "batch rows by chance alone",
    },
    /** Orders the rows and seeds dropout; default 0. */
    seed: {
      argument: "<number>",
      help: "seed of the adapter, the order of the data and dropout",
      value: integerIn({ min: 0, max: 2 ** 32 - 1 }),
      standard: loopDefaults.seed,
    },
    /** After how many steps the validation loss is measured, each time; default: after each epoch, of more than ten a tenth of them. */
    evalEvery: {
      argument: "<steps>",
      help: "measure the validation loss so often (default: after each epoch, ten times at most)",
      value: integerIn({ min: 1 }),
      actsOn: onValidation,
    },
    /** Saves a checkpoint every so many steps, and after each validation that is the best so far; default: at the end. */
    saveEvery: {
      argument: "<steps>",
      help: "save a checkpoint so often, and after each validation that is the best so far",
      value: integerIn({ min: 1 }),
    },
    scheduleCycles: {
      argument: "<number>",
      help: "waves of cosine-with-restarts (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onSchedule("cosine-with-restarts"),
    },
    schedulePower: {
      argument: "<number>",
      help: "power of polynomial (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onSchedule("polynomial"),
    },
    endRate: {
      argument: "<share>",
      help: "the last rate of polynomial and wsd, as a share of the highest (default: 0)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: onSchedule("polynomial", "wsd"),
    },
    decayShare: {
      argument: "<share>",
      help: "the share of all steps over which wsd falls (default: 0.1)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: onSchedule("wsd"),
    },
    /** Default "adamw". "lion" asks for a learning rate three to ten times smaller, "adafactor" for little memory. */
    optimizer: {
      argument: "<name>",
      help: "adamw, sgd, lion – at a learning rate three to ten times smaller –, or adafactor, which takes little memory beside tables that are trained whole (default: adamw)",
      value: oneOf(optimizers),
      passedTo: "trainer",
      card: "optimiser",
    },
    /** AdamW's, default 0.9 and 0.999, or Lion's, 0.9 and 0.99. */
    betas: {
      argument: "<pair>",
      help: 'of adamw and lion (default: "0.9,0.999" and "0.9,0.99")',
      value: { type: "array", items: numberIn({ min: 0, below: 1 }), minItems: 2, maxItems: 2 } as Schema<
        readonly [number, number]
      >,
      expected: 'two numbers, such as "0.9,0.999"',
      passedTo: "trainer",
      actsOn: {
        isFor: 'the optimizers "adamw" and "lion"',
        acts: (_, { optimizer = "adamw" }) => optimizer === "adamw" || optimizer === "lion",
      },
    },
    /** Of "sgd": how much of the last step's direction stays; default 0. */
    momentum: {
      argument: "<share>",
      help: "of sgd (default: 0)",
      value: numberIn({ min: 0, below: 1 }),
      passedTo: "trainer",
      actsOn: { isFor: 'the optimizer "sgd"', acts: (_, { optimizer }) => optimizer === "sgd" },
    },
    /** How many times as fast as A each B learns (LoRA+; its authors advise 16); default 1. */
    loraPlusRatio: {
      argument: "<number>",
      help: "let each B learn so many times as fast as A (LoRA+; 16 is usual)",
      value: numberIn({ above: 0 }),
      card: "LoRA+ ratio",
    },
    /** The size of the noise on embedded tokens (NEFTune's alpha; 5 is usual); default 0. */
    embeddingNoise: {
      argument: "<alpha>",
      help: "noise on embedded tokens (NEFTune; 5 is usual)",
      value: numberIn({ min: 0 }),
      actsOn: onTokens,
      passedTo: "forward",
      fact: "embedding noise",
      card: "noise on embeddings (NEFTune)",
    },
    /** The share of each label that all classes or tokens get in equal parts; default 0. Validation is not smoothed. */
    labelSmoothing: {
      argument: "<share>",
      help: "share of each label that all classes get alike (0.1 is usual)",
      value: numberIn({ min: 0, below: 1 }),
      actsOn: {
        isFor: "losses over tokens or over classes of which a row has one",
        acts: (run) => reads(run, "labelSmoothing") && isOneClass(run.problem),
      },
      passedTo: "forward",
      fact: "label smoothing",
      card: "label smoothing",
    },
    /** How many steps in a row may be left out because a number is not finite; default 0: the first ends the run. */
    maxSkippedSteps: {
      argument: "<number>",
      help: "leave out so many steps in a row whose numbers are not finite (default: 0, which ends the run)",
      value: integerIn({ min: 0 }),
      passedTo: "trainer",
    },
    /** End the run after so many validations in a row that are no better; default: never. */
    patience: {
      argument: "<number>",
      help: "stop after so many validations in a row that are no better",
      value: integerIn({ min: 1 }),
      actsOn: onValidation,
    },
    /** What a validation is judged by; default "accuracy" for rows of one class each, else "loss". */
    bestBy: {
      argument: "<metric>",
      help: "what a validation is judged by (default: accuracy for rows of one class each, else loss)",
      value: oneOf(metricNames),
      actsOn: onValidation,
    },
    /** Which checkpoints stay. With `best: true`, a checkpoint is saved after each best validation without `saveEvery`, too. */
    keepCheckpoints: {
      argument: "<which>",
      help: 'checkpoints that stay: "best,last:3" (the default with `saveEvery`), "best" or "last:1"',
      value: { type: "array", items: { type: "string", pattern: "^(best|last:[1-9][0-9]{0,8})$" } } as Schema<
        readonly string[]
      >,
      expected: '"best", "last:3", or both with a comma between',
    },
    /** Whether losses, validations and speed are written for TensorBoard, too; its file holds times, so that no two runs write the same. Default false. */
    tensorBoard: {
      help: "write losses, validations and speed for TensorBoard, too (tensorboard --logdir <out>)",
      value: flag,
    },
    /**
     * Whether report.html is written, too: curves, what base and adapter write to the same prompts, rows, settings and machine, on one
     * page that needs no network. Default false.
     */
    report: {
      help: "write report.html, too: curves, samples before and after, rows, recipe and machine on one page",
      value: flag,
    },
  },
} as const satisfies OptionGroup;

/** Those that the library alone has. */
export const libraryOptions = {
  heading: "Library:",
  rows: {
    /**
     * Whether rows become tokens when a batch draws them, and not all before the first step, so that neither memory nor a disk
     * holds them. Default: for rows that are too many for memory, and as the run began where `resume` goes on with one.
     */
    tokenizeWhenDrawn: { help: "make tokens of rows when a batch draws them", value: flag },
    /** What is written before a row's first text and before the others; default what the folder says of queries and documents. */
    prompts: {
      help: "texts before the texts to compare",
      value: {} as Schema<ComparisonPrompts>,
      actsOn: onComparisons,
    },
    /** Whether a last batch that is not full is left out; default false. */
    dropLast: { help: "leave out a last batch that is not full", value: flag },
    /** Whether it is measured before the first step too: the base's loss, for most starts; default true. */
    evalAtStart: { help: "measure before the first step, too", value: flag, actsOn: onValidation },
    /**
     * Whether a run restarts with another learning rate, twice at most, where its first steps show that its own does not suit, in place
     * of a warning; default: where no learning rate is given.
     */
    watchRate: { help: "restart with another learning rate where the first steps ask for it", value: flag },
  },
} as const satisfies OptionGroup;
