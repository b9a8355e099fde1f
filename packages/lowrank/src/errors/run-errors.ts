// How a training run ends early, and why one does not go on.

import { LowrankError } from "@lowrank/contracts";
import type { NonFiniteOutputError } from "@lowrank/models";
import type { NonFiniteLossError } from "@lowrank/trainer";
import { NamingError, named, namingFailure } from "./named-option.ts";

/** A signal, or a reader who left, ended a run early, after saving. The message says how to go on. */
export class InterruptedError extends LowrankError {
  constructor(message: string) {
    super("INTERRUPTED", message);
  }
}

/** A weight that holds NaN or infinity. */
export interface BrokenWeight {
  readonly of: "base" | "adapter";
  readonly name: string;
  readonly value: number;
}

/** What `out` holds where a training ended because of a number that is none. */
interface Kept {
  readonly out: string;
  /** After which step the adapter in `out` is; undefined: nothing was written. */
  readonly savedStep: number | undefined;
  readonly hasCheckpoint: boolean;
}

/** The model's output, or the loss, is NaN or infinite, which no setting of a run can help. */
export class NonFiniteModelError extends NamingError {
  /** The first weight that is not finite; undefined: all are. */
  readonly weight: BrokenWeight | undefined;

  constructor(
    cause: NonFiniteOutputError | NonFiniteLossError,
    { weight, kept }: { readonly weight: BrokenWeight | undefined; readonly kept?: Kept },
  ) {
    const what = "step" in cause ? `The ${cause.what} of step ${cause.step}` : cause.what;
    const lines = [`${what} is ${cause.value}. ${blame(weight)}`, ...(kept === undefined ? [] : [whatIsKept(kept)])];
    super("NON_FINITE_MODEL", lines.join("\n"), { cause });
    this.weight = weight;
  }
}

function blame(weight: BrokenWeight | undefined): string {
  if (weight === undefined) {
    return (
      "Every weight of the base and of the adapter is finite, so numbers grow beyond float32 on the way: look whether " +
      `base and adapter belong together, and whether another ${named("engine")} says the same.`
    );
  }
  const { of, name, value } = weight;
  const advice =
    of === "base"
      ? "its file is damaged, or was saved like that. Fetch the base anew, or take another one."
      : "train it anew with a smaller learning rate.";
  return `The ${of}'s "${name}" holds ${value}: ${advice}`;
}

/** The loss, a gradient or a weight stopped being a finite number; what was trained before is kept. */
export class DivergedError extends NamingError {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly what: "loss" | "gradient" | "weight";
  readonly value: number;
  readonly out: string;
  /** After which step the adapter in `out` is; undefined: nothing was written. */
  readonly savedStep: number | undefined;

  constructor(failure: NonFiniteLossError | { readonly step: number; readonly weight: BrokenWeight }, kept: Kept) {
    const { step } = failure;
    const isWeight = "weight" in failure;
    const [what, value] = isWeight ? (["weight", failure.weight.value] as const) : [failure.what, failure.value];
    const found = isWeight
      ? `The adapter's "${failure.weight.name}" holds ${value} after step ${step}`
      : `The ${what} of step ${step} is ${value}`;
    super(
      "DIVERGED",
      `${found}: the training diverged. ${whatIsKept(kept)}\n` +
        `Use a smaller ${named("learningRate")}, more ${named("warmupSteps")} or a smaller ${named("clipNorm")}, and look for odd rows in the data.` +
        (kept.hasCheckpoint ? ` The same command with ${named("resume")} goes on from the checkpoint.` : ""),
      isWeight ? {} : { cause: failure },
    );
    this.step = step;
    this.what = what;
    this.value = value;
    this.out = kept.out;
    this.savedStep = kept.savedStep;
  }
}

function whatIsKept({ out, savedStep, hasCheckpoint }: Kept): string {
  if (savedStep === undefined) return `No step before it was saved, so nothing was written to "${out}".`;
  if (hasCheckpoint) return `The adapter and the checkpoint of step ${savedStep} are in "${out}".`;
  return `The adapter as step ${savedStep} left it is in "${out}" (${named("adapter")} trains it on into another ${named("out")}).`;
}

/** `resume` found a checkpoint that does not say of which run it is. */
export function earlierCheckpoint() {
  const message =
    `Cannot go on with ${named("resume")}: the checkpoint was written by an earlier version of lowrank, which did not note ` +
    `the adapter's settings. As ${named("adapter")} its adapter can be trained on, into another ${named("out")}.`;
  return namingFailure("EARLIER_CHECKPOINT", message, {});
}

/** `resume` found nothing to go on from; an adapter may be there all the same, for a finished run removes its checkpoints. */
export function nothingToResume(folder: string, holdsAdapter: boolean) {
  const advice = holdsAdapter
    ? `, only an adapter: ${named("adapter")} "${folder}" trains it on, into another ${named("out")}.`
    : `. Run the command without ${named("resume")}.`;
  const message = `There is no checkpoint in "${folder}" to go on from${advice}`;
  return namingFailure("NOTHING_TO_RESUME", message, { folder, holdsAdapter });
}

/** Standard output could not be written, so that results are lost. */
export class OutputLostError extends LowrankError {
  /** Such as "ENOSPC". */
  readonly reason: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(
      "OUTPUT_LOST",
      `stdout could not be written: ${cause.message}. What the command prints is not complete; files that it writes are.`,
      { cause },
    );
    this.reason = cause.code ?? "";
  }

  /** Whether a pipe's other end was closed, which is no fault: `lowrank inspect … | head`. */
  get isReaderGone(): boolean {
    return this.reason === "EPIPE";
  }
}
