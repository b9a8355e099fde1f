// Options of a run: how long, how fast, on how much at once, and how the trainer goes.

import type { ComparisonPrompts } from "@lowrank/data/internal";
import type { OptimizerName, ScheduleName } from "@lowrank/trainer/internal";
import { metricNames } from "../metric-names.ts";
import { type ActsOn, isOneClass, onComparisons, onTokens, onValidation, reads } from "./acts-on.ts";
import { loopDefaults } from "./loop-defaults.ts";
import { flag, integerIn, numberIn, type OptionGroup, oneOf, type Schema } from "./option-table.ts";

/** Names in the order of the help. They are repeated, because the trainer's own tables would load TensorFlow.js. The compiler reports a missing one. */
const schedules = namesOf<ScheduleName>({
  linear: true,
  cosine: true,
  constant: true,
  "cosine-with-restarts": true,
  polynomial: true,
  wsd: true,
});
const optimizers = namesOf<OptimizerName>({ adamw: true, sgd: true, lion: true, adafactor: true });

function namesOf<Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] {
  // Its keys are the names, as the type says.
  return Object.keys(names) as Name[];
}

function onSchedule(...names: readonly ScheduleName[]): ActsOn {
  return {
    runs: `the schedule ${names.join(" or ")}`,
    acts: (_, { schedule = loopDefaults.schedule }) => names.some((name) => name === schedule),
  };
}

export const loopOptions = {
  heading: "Training:",
  rows: {
    /** Epochs, 0.5 for half of one; default 3, more for few rows. */
    epochs: {
      argument: "<number>",
      help: "epochs, 0.5 for half of one (default: 3, more if the rows make few steps)",
      value: numberIn({ above: 0 }),
      actsOn: { runs: "runs without `steps`", acts: (_, { steps }) => steps === undefined },
    },
    /** Optimizer steps, instead of epochs. */
    steps: {
      argument: "<number>",
      help: "optimizer steps, instead of `epochs`",
      value: integerIn({ min: 1 }),
      excludes: ["epochs"],
    },
    /** Rows in a batch; default 8, 4 below 64 rows. */
    batchSize: {
      argument: "<number>",
      help: "rows in a batch (default: 8; 4 below 64 rows)",
      value: integerIn({ min: 1 }),
    },
    /** Packing, instead of `batchSize`: whole rows up to this many tokens; a longer row is alone. Validation uses batches of rows. */
    batchTokens: {
      argument: "<number>",
      help: "packing: fill batches with whole rows up to this many tokens, instead of `batchSize`",
      detail: "A longer row is alone in its batch. Validation uses batches of rows.",
      value: integerIn({ min: 1 }),
      excludes: ["batchSize"],
    },
    /** Default 1. */
    gradientAccumulationSteps: {
      argument: "<number>",
      help: "gradient accumulation steps",
      value: integerIn({ min: 1 }),
      standard: loopDefaults.gradientAccumulationSteps,
    },
    /** The peak learning rate; the default depends on the model's size and the trained parts. */
    learningRate: {
      argument: "<rate>",
      help: "peak learning rate (default: by model size and by what is trained)",
      value: numberIn({ above: 0 }),
    },
    /** Learning-rate schedule after the warm-up; default "linear". */
    schedule: {
      argument: "<name>",
      help: "rate schedule",
      detail: "It is the learning rate after the warm-up.",
      value: oneOf(schedules),
      standard: loopDefaults.schedule,
    },
    /** Steps of rising learning rate; the first has 0, as in transformers. */
    warmupSteps: {
      argument: "<number>",
      help: "warm-up: raise the learning rate from 0 over the first N steps (default: by `warmupRatio`)",
      detail: "As in transformers, the first step has the rate 0.",
      value: integerIn({ min: 0 }),
    },
    /** Warm-up as a share of all steps; default 0.03, with a first rate above 0. */
    warmupRatio: {
      argument: "<share>",
      help: "warm-up as a share of all steps (default: 0.03)",
      detail: "If neither option is given, the first step has a rate above 0.",
      value: numberIn({ min: 0, max: 1 }),
      excludes: ["warmupSteps"],
      actsOn: {
        runs: "runs without `warmupSteps`",
        acts: (_, { warmupSteps }) => warmupSteps === undefined,
      },
    },
    /** Default 0.01. */
    weightDecay: {
      argument: "<rate>",
      help: "weight decay of the optimizer",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.weightDecay,
    },
    /** Maximum norm of all gradients, 0 for none; default 1. */
    clipNorm: {
      argument: "<norm>",
      help: "clip gradients to this norm, 0 to disable",
      value: numberIn({ min: 0 }),
      standard: loopDefaults.clipNorm,
    },
    /** Less memory, more time. A number: how many blocks share a checkpoint; true: each block has one. */
    gradientCheckpointing: {
      argument: "[blocks]",
      help: "recompute activations: less memory, more time. N: keep every Nth block's input",
      value: { anyOf: [flag, integerIn({ min: 1 })] } as Schema<true | number>,
    },
    /** Less padding; the batches still come in random order. Default false, or the run's with `resume`. With `resumeFrom`, give the run's value. */
    groupByLength: {
      help: "batch rows of similar length: less padding (default: random, or as the run to `resume`)",
      value: flag,
      without: "batch rows at random",
    },
    /** Seed of the order of the rows and of dropout; default 0. */
    seed: {
      argument: "<number>",
      help: "random seed of adapter, row order and dropout",
      value: integerIn({ min: 0, max: 2 ** 32 - 1 }),
      standard: loopDefaults.seed,
    },
    /** Steps between two validations; default: an epoch, or a tenth of the run if it has more than ten epochs. */
    evalEvery: {
      argument: "<steps>",
      help: "run validation every N steps (default: every epoch, at most ten times)",
      value: integerIn({ min: 1 }),
      actsOn: onValidation,
    },
    /** Steps between two checkpoints; each best validation saves one, too. Default: at the end. */
    saveEvery: {
      argument: "<steps>",
      help: "save a checkpoint every N steps, and after each best validation",
      value: integerIn({ min: 1 }),
    },
    scheduleCycles: {
      argument: "<number>",
      help: "cosine-with-restarts: number of waves (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onSchedule("cosine-with-restarts"),
    },
    schedulePower: {
      argument: "<number>",
      help: "polynomial: power (default: 1)",
      value: numberIn({ above: 0 }),
      actsOn: onSchedule("polynomial"),
    },
    endRate: {
      argument: "<share>",
      help: "polynomial, wsd: final rate as a share of the peak (default: 0)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: onSchedule("polynomial", "wsd"),
    },
    decayShare: {
      argument: "<share>",
      help: "wsd: share of all steps in which the rate decays (default: 0.1)",
      value: numberIn({ min: 0, max: 1 }),
      actsOn: onSchedule("wsd"),
    },
    /** Default "adamw". "lion" needs a learning rate three to ten times smaller, "adafactor" little memory. */
    optimizer: {
      argument: "<name>",
      help: "optimizer: adamw (default), sgd, lion or adafactor",
      detail:
        "lion needs a learning rate three to ten times smaller. adafactor needs little memory, also for tables that are trained in full.",
      value: oneOf(optimizers),
      passedTo: "trainer",
      card: "optimizer",
    },
    /** AdamW's, default 0.9 and 0.999, or Lion's, 0.9 and 0.99. */
    betas: {
      argument: "<pair>",
      help: 'betas of adamw (default: "0.9,0.999") or lion (default: "0.9,0.99")',
      value: { type: "array", items: numberIn({ min: 0, below: 1 }), minItems: 2, maxItems: 2 } as Schema<
        readonly [number, number]
      >,
      expected: 'two numbers, such as "0.9,0.999"',
      passedTo: "trainer",
      actsOn: {
        runs: 'the optimizers "adamw" and "lion"',
        acts: (_, { optimizer = "adamw" }) => optimizer === "adamw" || optimizer === "lion",
      },
    },
    /** Momentum of "sgd"; default 0. */
    momentum: {
      argument: "<share>",
      help: "sgd: momentum (default: 0)",
      value: numberIn({ min: 0, below: 1 }),
      passedTo: "trainer",
      actsOn: { runs: 'the optimizer "sgd"', acts: (_, { optimizer }) => optimizer === "sgd" },
    },
    /** LoRA+: learning rate of B as a multiple of A's (its authors advise 16); default 1. */
    loraPlusRatio: {
      argument: "<number>",
      help: "LoRA+: learning rate of B as a multiple of A's (16 is usual; default: 1)",
      value: numberIn({ above: 0 }),
      card: "LoRA+ ratio",
    },
    /** Riemannian preconditioner of the gradients of A and B: damping of its r × r matrices, PEFT's `reg`. */
    riemannianReg: {
      argument: "<number>",
      help: "Riemannian preconditioner: damping of its r × r matrices (0.01 is usual; default: none)",
      value: numberIn({ min: 1e-6 }),
      fact: "Riemannian preconditioner",
      card: "Riemannian preconditioner",
    },
    /** NEFTune's alpha; 5 is usual, default 0. */
    embeddingNoise: {
      argument: "<alpha>",
      help: "NEFTune: noise on token embeddings (5 is usual; default: 0)",
      value: numberIn({ min: 0 }),
      actsOn: onTokens,
      passedTo: "forward",
      fact: "embedding noise",
      card: "noise on embeddings (NEFTune)",
    },
    /** Share of each label that is spread over all classes or tokens; default 0. Validation is not smoothed. */
    labelSmoothing: {
      argument: "<share>",
      help: "share of each label that is spread over all classes (0.1 is usual; default: 0)",
      value: numberIn({ min: 0, below: 1 }),
      actsOn: {
        runs: "losses over tokens or single-label classes",
        acts: (run) => reads(run, "labelSmoothing") && isOneClass(run.problem),
      },
      passedTo: "forward",
      fact: "label smoothing",
      card: "label smoothing",
    },
    /** Consecutive steps with NaN or infinite numbers that are skipped; default 0: the first ends the run. */
    maxSkippedSteps: {
      argument: "<number>",
      help: "skip up to N consecutive steps with NaN or infinite numbers (default: 0, stop at the first)",
      value: integerIn({ min: 0 }),
      passedTo: "trainer",
    },
    /** Early stopping: validations in a row without improvement; default: never. */
    patience: {
      argument: "<number>",
      help: "early stopping after N validations in a row without improvement",
      value: integerIn({ min: 1 }),
      actsOn: onValidation,
    },
    /** Metric of the best validation; default "accuracy" for rows of one class each, else "loss". */
    bestBy: {
      argument: "<metric>",
      help: "metric of the best validation (default: accuracy for one class for each row, else loss)",
      value: oneOf(metricNames),
      actsOn: onValidation,
    },
    /** Checkpoint retention. With `best: true`, each best validation saves a checkpoint, also without `saveEvery`. */
    keepCheckpoints: {
      argument: "<which>",
      help: 'checkpoints to keep: "best", "last:1", or both (default with `saveEvery`: "best,last:3")',
      value: { type: "array", items: { type: "string", pattern: "^(best|last:[1-9][0-9]{0,8})$" } } as Schema<
        readonly string[]
      >,
      expected: '"best", "last:3", or both with a comma between',
    },
    /** TensorBoard's file contains times, so it differs between equal runs. Default false. */
    tensorBoard: {
      help: "write losses, validations and speed for TensorBoard (tensorboard --logdir <out>)",
      value: flag,
    },
    /** report.html: curves, answers of base and adapter to the same prompts, rows, settings and machine, without network. Default false. */
    report: {
      help: "write report.html: curves, samples, rows, recipe, machine",
      value: flag,
    },
  },
} as const satisfies OptionGroup;

/** Options that only the library has. */
export const libraryOptions = {
  heading: "Library:",
  rows: {
    /** Not all before the first step, so that neither memory nor disk holds them. Default: if memory is too small; with `resume`, the run's. */
    tokenizeWhenDrawn: { help: "tokenize rows when a batch draws them", value: flag },
    /** Before a row's first text (the query) and before the others (documents); default: from the model's folder. */
    prompts: {
      help: "prompts before queries and documents",
      value: {} as Schema<ComparisonPrompts>,
      actsOn: onComparisons,
    },
    /** Default false. */
    dropLast: { help: "leave out an incomplete last batch", value: flag },
    /** The base's loss, for most values of `init`; default true. */
    evalAtStart: { help: "run validation before the first step, too", value: flag, actsOn: onValidation },
    /** Restart with another learning rate, at most twice, instead of a warning; default: if no learning rate is given. */
    watchRate: {
      help: "restart with another learning rate if the first steps show that it does not suit",
      value: flag,
    },
  },
} as const satisfies OptionGroup;
