// Whole jobs as rows: what a person would type, and what is to be shown against PEFT with the trainer people use.

import type { DataName } from "./job-data.ts";

/** How the weights of the base are computed with on one side. */
export type Precision = "float32" | "int8" | "bf16";

/** What both sides are told alike. */
export interface Recipe {
  readonly batch: number;
  /** Optimiser steps; so many batches of rows are taken from the data. */
  readonly steps: number;
  readonly validationRows: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly rank: number;
  readonly alpha: number;
  /** LoRA's; the model has its own beside it. */
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
  /** What quality is compared by. */
  readonly quality: "accuracy" | "loss";
  readonly sides: {
    readonly ours: { readonly by: "lowrank"; readonly precisions: readonly [Precision, ...Precision[]] };
    readonly peer: { readonly by: string; readonly program: string; readonly precisions: readonly Precision[] };
  };
  /** Our recommended setting against the peer's better one; float32 against float32. */
  readonly comparisons: readonly [JobComparison, JobComparison];
  readonly memoryTarget: number;
}

interface JobComparison {
  readonly label: "recommended" | "float32";
  readonly timeTarget: number;
}

/** Ours, the recommended one last. */
const precisions = ["float32"] as const;

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
    work: "MiniLM, sentences of SST-2 with a class: 60 steps of 16, measured on 872 rows before and after",
    model: "minilm",
    data: "sst2",
    task: "SEQ_CLS",
    recipe: {
      ...{ ...lora, targets: ["query", "value"], learningRate: 2e-3, warmupSteps: 6 },
      ...{ batch: 16, steps: 60, validationRows: 872, maxLength: 64 },
    },
    quality: "accuracy",
    sides: sidesWith("PEFT, Trainer", "job_trainer.py"),
    ...shown,
  },
  {
    name: "job-e2e",
    work: "SmolLM2-135M, restaurants of E2E into sentences: 38 steps of 8, measured on 100 rows before and after",
    model: "smollm2",
    data: "e2e",
    task: "CAUSAL_LM",
    recipe: {
      ...{ ...lora, targets: everyLinear, learningRate: 5e-4, warmupSteps: 4 },
      ...{ batch: 8, steps: 38, validationRows: 100, maxLength: 256 },
    },
    quality: "loss",
    sides: sidesWith("PEFT, SFTTrainer", "job_sft.py"),
    ...shown,
  },
];

function sidesWith(by: string, program: string): Job["sides"] {
  return { ours: { by: "lowrank", precisions }, peer: { by, program, precisions: ["float32", "bf16"] } };
}
