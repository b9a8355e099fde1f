// What is typed on each side, from a job's row.

import type { Job, Precision } from "./jobs.ts";

/** The files of one run, and its differences to the other runs. */
export interface JobContext {
  readonly model: string;
  readonly train: string;
  readonly validation: string;
  readonly out: string;
  readonly seed: number;
  readonly threads: number;
}

/** The arguments of `lowrank`. */
export function lowrankArguments({ recipe }: Job, context: JobContext, precision: Precision): readonly string[] {
  const options = {
    model: context.model,
    data: context.train,
    validation: context.validation,
    out: context.out,
    steps: recipe.steps,
    "batch-size": recipe.batch,
    "learning-rate": recipe.learningRate,
    "warmup-steps": recipe.warmupSteps,
    rank: recipe.rank,
    alpha: recipe.alpha,
    dropout: recipe.dropout,
    "target-modules": recipe.targets.join(","),
    "max-length": recipe.maxLength,
    seed: context.seed,
    threads: context.threads,
    ...(precision === "float32" ? {} : { "base-precision": precision }),
  };
  return ["train", "--json", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** The settings that a program of peers/job_*.py gets. */
export function peerSettings(
  { recipe, task }: Job,
  context: JobContext,
  precision: Precision,
): Readonly<Record<string, unknown>> {
  return { ...recipe, ...context, task, precision };
}
