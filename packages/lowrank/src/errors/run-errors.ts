// Errors that end a training run early or prevent resuming one.

import { LowrankError } from "@lowrank/contracts";
import { describeValue, failure, shortened } from "@lowrank/contracts/internal";
import type { NonFiniteOutputError } from "@lowrank/models/internal";
import type { NonFiniteLossError } from "@lowrank/trainer";
import { NamingError, named, namingFailure } from "./named-option.ts";

/** A signal or a closed pipe ended a run early, after saving. The message explains how to continue. */
export function interruptedError(message: string) {
  return failure("INTERRUPTED", message, {});
}

/** A weight that is NaN or infinite. */
export interface BrokenWeight {
  readonly of: "base" | "adapter";
  readonly name: string;
  readonly value: number;
}

/** The contents of `out` after training stopped on a NaN. */
interface Saved {
  readonly out: string;
  /** Step after which the adapter in `out` was saved; undefined: nothing was written. */
  readonly savedStep: number | undefined;
  readonly hasCheckpoint: boolean;
}

/** The output or the loss is NaN or infinite under all settings. Check that the adapter fits this base, or use another engine. */
export class NonFiniteModelError extends NamingError {
  /** The first weight that is not finite; undefined if all are finite. */
  readonly weight: BrokenWeight | undefined;

  constructor(
    cause: NonFiniteOutputError | NonFiniteLossError,
    { weight, saved }: { readonly weight: BrokenWeight | undefined; readonly saved?: Saved },
  ) {
    const broken = "step" in cause ? `The ${cause.what} of step ${cause.step}` : cause.what;
    const lines = [`${broken} is ${cause.value}. ${blame(weight)}`, ...(saved === undefined ? [] : [savedText(saved)])];
    super("NON_FINITE_MODEL", lines.join("\n"), { cause });
    this.weight = weight;
  }
}

function blame(weight: BrokenWeight | undefined): string {
  if (weight === undefined) {
    return (
      "All weights of the base and of the adapter are finite, so activations overflowed float32. Check that the adapter " +
      `was trained on this base model, and try another ${named("engine")}.`
    );
  }
  const { of, name, value } = weight;
  const advice =
    of === "base"
      ? "the file is damaged or was saved with this value. Download the base again, or use another one."
      : "train it again with a smaller learning rate.";
  return `The weight "${name}" of the ${of} contains ${value}: ${advice}`;
}

/** Training diverged; earlier steps are kept. Use a smaller `learningRate`, more `warmupSteps` or a smaller `clipNorm`. */
export class DivergedError extends NamingError {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly what: "loss" | "gradient" | "weight";
  readonly value: number;
  readonly out: string;
  /** Step after which the adapter in `out` was saved; undefined: nothing was written. */
  readonly savedStep: number | undefined;

  constructor(failure: NonFiniteLossError | { readonly step: number; readonly weight: BrokenWeight }, saved: Saved) {
    const { step } = failure;
    const isWeight = "weight" in failure;
    const [what, value] = isWeight ? (["weight", failure.weight.value] as const) : [failure.what, failure.value];
    const found = isWeight
      ? `The adapter's weight "${failure.weight.name}" contains ${value} after step ${step}`
      : `The ${what} of step ${step} is ${value}`;
    super(
      "DIVERGED",
      `${found}: training diverged. ${savedText(saved)}\n` +
        `Use a smaller ${named("learningRate")}, more ${named("warmupSteps")} or a smaller ${named("clipNorm")}, and check the data for unusual rows.` +
        howToContinue(saved),
      isWeight ? {} : { cause: failure },
    );
    this.step = step;
    this.what = what;
    this.value = value;
    this.out = saved.out;
    this.savedStep = saved.savedStep;
  }
}

function savedText({ out, savedStep, hasCheckpoint }: Saved): string {
  if (savedStep === undefined) return `No earlier step was saved, so nothing was written to "${out}".`;
  if (hasCheckpoint) return `The adapter and the checkpoint of step ${savedStep} are in "${out}".`;
  return `The adapter of step ${savedStep} is in "${out}". To train it further, pass it as ${named("adapter")} with another ${named("out")}.`;
}

function howToContinue({ hasCheckpoint }: Saved): string {
  return hasCheckpoint ? ` To continue from the checkpoint, add ${named("resume")} to the command.` : "";
}

/** `resume` found a checkpoint without the settings of its run. */
export function earlierCheckpoint() {
  const message =
    `Cannot ${named("resume")}: an earlier version of lowrank wrote the checkpoint and did not save the adapter's settings. ` +
    `To train its adapter further, pass it as ${named("adapter")} with another ${named("out")}.`;
  return namingFailure("EARLIER_CHECKPOINT", message, {});
}

/** `resume` found no checkpoint: a finished run removes them. Train without `resume`, or pass the run's adapter as `adapter`. */
export function nothingToResume(folder: string, holdsAdapter: boolean) {
  const advice = holdsAdapter
    ? `, only an adapter. To train it further, pass ${named("adapter")} "${folder}" with another ${named("out")}.`
    : `. Run the command without ${named("resume")}.`;
  const message = `There is no checkpoint in "${folder}"${advice}`;
  return namingFailure("NOTHING_TO_RESUME", message, { folder, holdsAdapter });
}

/** Writing to standard output failed, so results are lost. */
export class OutputLostError extends LowrankError {
  /** Such as "ENOSPC". */
  readonly reason: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(
      "OUTPUT_LOST",
      `Cannot write to stdout: ${cause.message}. The printed output is incomplete; written files are complete.`,
      { cause },
    );
    this.reason = cause.code ?? "";
  }

  /** Whether the reader of a pipe closed it, which is no failure: `lowrank inspect … | head`. */
  get isReaderGone(): boolean {
    return this.reason === "EPIPE";
  }
}

interface FailedReward {
  readonly reward: string;
  readonly row: Readonly<Record<string, unknown>>;
  readonly completion: string;
  /** The end of a sentence: "returned NaN". */
  readonly problem: string;
  readonly cause?: unknown;
}

/** A reward threw, took too long, or returned no finite number. */
export function rewardFailed({ reward, row, completion, problem, cause }: FailedReward) {
  const message =
    `The reward "${reward}" ${problem} for the completion ${describeValue(shortened(completion, 80))} of the row ${describeValue(row)}. ` +
    "A reward must return a finite number, or finite numbers by name with the same names each time, within rewardTimeout seconds. " +
    "Correct the reward.";
  return failure("REWARD_FAILED", message, { reward, row, completion, cause });
}

/** The same with the contents of `out`. Correct the reward. */
export function rewardFailedIn(saved: Saved, cause: LowrankError) {
  return failure("REWARD_FAILED", `${cause.message} ${savedText(saved)}${howToContinue(saved)}`, { cause });
}
