// Whole jobs as rows: the command that a person would type, and the target against PEFT with the trainer that people use.

import type { DataName } from "./job-data.ts";

/** How the weights of the base are computed with on one side. */
export type Precision = "float32" | "int8" | "bf16";

/** One way to do a job. */
export interface Way {
  readonly precision: Precision;
  readonly trainer: "lowrank train" | "Trainer" | "SFTTrainer";
}

/** Settings that both sides share. */
interface Recipe {
  readonly batch: number;
  /** Optimizer steps; this many batches of rows are taken from the data. */
  readonly steps: number;
  readonly validationRows: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly rank: number;
  readonly alpha: number;
  /** LoRA's dropout; the model's own is separate. */
  readonly dropout: number;
  readonly targets: readonly string[];
  readonly maxLength: number;
}

export interface Job {
  readonly name: string;
  /** One line for people. */
  readonly work: string;
  /** A folder of real weights that scripts/python/prepare.py fetches. */
  readonly model: "minilm" | "smollm2";
  readonly data: DataName;
  readonly task: "SEQ_CLS" | "QUESTION_ANS" | "CAUSAL_LM";
  readonly recipe: Recipe;
  /** The metric that compares quality. */
  readonly quality: "accuracy" | "loss";
  /** The peer's fastest way counts. Ours end with the recommended one. */
  readonly sides: {
    readonly ours: { readonly by: "lowrank"; readonly ways: readonly [Way, ...Way[]] };
    readonly peer: { readonly by: "PEFT"; readonly ways: readonly [Way, ...Way[]] };
  };
  /** Our recommended setting against the peer's better one; float32 against float32. */
  readonly comparisons: readonly [JobComparison, JobComparison];
  readonly memoryTarget: number;
}

interface JobComparison {
  readonly label: "recommended" | "float32";
  readonly timeTarget: number;
}

const shown = {
  comparisons: [
    { label: "recommended", timeTarget: 0.5 },
    { label: "float32", timeTarget: 0.6 },
  ],
  memoryTarget: 0.6,
} as const;

const lora = { rank: 8, alpha: 16, dropout: 0.1 } as const;
const everyLinear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

export const jobs: readonly Job[] = [
  {
    name: "job-sst2",
    work: "MiniLM, classification of SST-2's sentences: 60 steps of 16 rows, validation on 872 rows",
    model: "minilm",
    data: "sst2",
    task: "SEQ_CLS",
    recipe: {
      ...lora,
      targets: ["query", "value"],
      learningRate: 2e-3,
      warmupSteps: 6,
      batch: 16,
      steps: 60,
      validationRows: 872,
      maxLength: 64,
    },
    quality: "accuracy",
    sides: sidesWith("Trainer"),
    ...shown,
  },
  {
    name: "job-e2e",
    work: "SmolLM2-135M, descriptions of E2E's restaurants: 38 steps of 8 rows, validation on 100 rows",
    model: "smollm2",
    data: "e2e",
    task: "CAUSAL_LM",
    recipe: {
      ...lora,
      targets: everyLinear,
      learningRate: 5e-4,
      warmupSteps: 4,
      batch: 8,
      steps: 38,
      validationRows: 100,
      maxLength: 256,
    },
    quality: "loss",
    sides: sidesWith("Trainer", "SFTTrainer"),
    ...shown,
  },
  {
    name: "job-alpaca",
    work: "SmolLM2-135M, Alpaca's seed instructions: 20 steps of 8 rows, validation on 15 rows",
    model: "smollm2",
    data: "alpaca",
    task: "CAUSAL_LM",
    recipe: {
      ...lora,
      dropout: 0.05,
      targets: everyLinear,
      learningRate: 3e-4,
      warmupSteps: 2,
      batch: 8,
      steps: 20,
      validationRows: 15,
      maxLength: 256,
    },
    quality: "loss",
    sides: sidesWith("Trainer", "SFTTrainer"),
    ...shown,
  },
  {
    name: "job-squad",
    work: "MiniLM, questions about texts (XQuAD): 30 steps of 16 rows, validation on 96 rows",
    model: "minilm",
    data: "squad",
    task: "QUESTION_ANS",
    recipe: {
      ...lora,
      targets: ["query", "value"],
      learningRate: 2e-3,
      warmupSteps: 3,
      batch: 16,
      steps: 30,
      validationRows: 96,
      maxLength: 384,
    },
    quality: "loss",
    sides: sidesWith("Trainer"),
    ...shown,
  },
];

/** TRL's SFTTrainer is what people use for text; transformers' own is faster, since it counts less. */
function sidesWith(...trainers: readonly ["Trainer", ..."SFTTrainer"[]]): Job["sides"] {
  const ours = { by: "lowrank", ways: inBoth("lowrank train", "int8") } as const;
  const [first, ...others] = trainers;
  const ways = [...inBoth(first, "bf16"), ...others.flatMap((trainer) => inBoth(trainer, "bf16"))] as const;
  return { ours, peer: { by: "PEFT", ways } };
}

function inBoth(trainer: Way["trainer"], other: Precision): readonly [Way, Way] {
  return [
    { trainer, precision: "float32" },
    { trainer, precision: other },
  ];
}
