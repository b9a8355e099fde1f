// How a training run ends early, and why one does not go on.

import { LowrankError } from "@lowrank/contracts";
import type { NonFiniteLossError } from "@lowrank/trainer";

/** A signal, or a reader who left, ended a run early, after saving. The message says how to go on. */
export class InterruptedError extends LowrankError {
  constructor(message: string) {
    super("INTERRUPTED", message);
  }
}

/** The loss or a gradient stopped being a finite number; what was trained before is kept. */
export class DivergedError extends LowrankError {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly what: "loss" | "gradient";
  readonly value: number;
  readonly out: string;
  /** After which step the adapter in `out` is; undefined: nothing was written. */
  readonly savedStep: number | undefined;

  constructor(
    cause: NonFiniteLossError,
    kept: { readonly out: string; readonly savedStep: number | undefined; readonly hasCheckpoint: boolean },
  ) {
    const { step, what, value } = cause;
    const { out, savedStep, hasCheckpoint } = kept;
    super(
      "DIVERGED",
      `The ${what} of step ${step} is ${value}: the training diverged. ${whatIsKept(kept)}\n` +
        "Use a smaller --learning-rate, more --warmup-steps or a smaller --clip-norm, and look for odd rows in the data." +
        (hasCheckpoint ? " The same command with --resume goes on from the checkpoint." : ""),
      { cause },
    );
    this.step = step;
    this.what = what;
    this.value = value;
    this.out = out;
    this.savedStep = savedStep;
  }
}

function whatIsKept({ out, savedStep, hasCheckpoint }: ConstructorParameters<typeof DivergedError>[1]): string {
  if (savedStep === undefined) return `No step was made before it, so nothing was written to "${out}".`;
  if (hasCheckpoint) return `The adapter and the checkpoint of step ${savedStep} are in "${out}".`;
  return `The adapter as step ${savedStep} left it is in "${out}" (--adapter trains it on into another --out).`;
}

/** --resume found nothing to go on from. */
export class NothingToResumeError extends LowrankError {
  constructor(
    readonly folder: string,
    /** Whether an adapter is there all the same: a finished run removes its checkpoints. */
    readonly holdsAdapter: boolean,
  ) {
    const advice = holdsAdapter
      ? `, only an adapter: --adapter "${folder}" trains it on, into another --out.`
      : ". Run the command without --resume.";
    super("NOTHING_TO_RESUME", `There is no checkpoint in "${folder}" to go on from${advice}`);
  }
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
