// Errors of a training run.

import { itemized, LowrankError, listed } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** Options of the training are invalid. Correct the listed options. */
export function trainingOptionsError(problems: readonly string[]) {
  return failure("TRAINING_OPTIONS", `Cannot train:${itemized(problems)}`, { problems });
}

/** The loss or a gradient became NaN or infinite, and the step changed nothing. Use a lower learning rate, more warm-up or gradient clipping. */
export class NonFiniteLossError extends LowrankError {
  constructor(
    /** The step that failed, counted from 1; the variables are those after the step before. */
    readonly step: number,
    readonly what: "loss" | "gradient",
    readonly value: number,
    /** For a gradient: the variables whose gradients are not finite. */
    readonly names: readonly string[] = [],
  ) {
    const of = names.length > 0 ? ` (of ${listed(names)})` : "";
    const hint =
      "Use a smaller learning rate, more warm-up steps or a clipNorm, and check for rows without a trained token.";
    super(
      "NON_FINITE_LOSS",
      `The ${what} of step ${step} is ${value}${of}. The variables are unchanged since step ${step - 1}. ${hint}`,
    );
  }
}

/** The evaluation did not return the watched metric. Return it from `evaluate.run`, or watch another one. */
export function missingMetricError(
  /** The watched metric. */
  metric: string /** The metrics that the evaluation returned. */,
  names: readonly string[] /** Steps made before the evaluation. */,
  step: number,
) {
  const got = names.length > 0 ? listed(names) : "none";
  return failure(
    "MISSING_METRIC",
    `The evaluation after step ${step} returned no metric "${printable(metric)}", which evaluate.watch names; got ${got}. ` +
      "Return it from evaluate.run, or watch one of these.",
    { metric, names, step },
  );
}

/** The loss of a batch is not one number. Return its mean: `tf.mean(loss)`. */
export function lossShapeError(shape: readonly number[]) {
  return failure(
    "LOSS_SHAPE",
    `The loss has the shape [${shape.join(", ")}]; expected one number for the batch. Return its mean: tf.mean(loss).`,
    { shape },
  );
}

/** The processes of one training have different values. Start all of them again from the last checkpoint, with the same program and options. */
export function processesDifferError(
  /** The process that found it, counted from 0. */
  rank: number /** Steps made. */,
  step: number /** The first that differs: a variable with its part of the optimizer's state, or "settings". */,
  tensor: string,
) {
  const when = step === 0 ? "before the first step" : `after step ${step}`;
  return failure(
    "PROCESSES_DIFFER",
    `Process ${rank} has another "${printable(tensor)}" than others ${when}. All need the same initial variables, state and options, and ` +
      "the same program. Start again from the last checkpoint.",
    { rank, step, tensor },
  );
}

/** The loss does not depend on any of the variables. Select the adapter in the forward pass. */
export function noGradientError(names: readonly string[], options?: { readonly cause?: unknown }) {
  const hint = "Check that the loss runs the model with the adapter selected, and that the variables are trainable.";
  return failure(
    "NO_GRADIENT",
    `The loss depends on none of the ${names.length} variables (${listed(names)}). ${hint}`,
    { names, ...options },
  );
}

/** The training state belongs to a run with other settings. Use the settings of the first run, or start a new one. */
export function resumeMismatchError(differences: readonly string[]) {
  return failure(
    "RESUME_MISMATCH",
    `Cannot resume from this state:${itemized(differences)}\nStart a new run, or use the settings of the first run.`,
    { differences },
  );
}

/** A checkpoint is incomplete, damaged or unreadable. Resume from an older checkpoint, or start a new run. */
export function checkpointError(path: string, reason: string, options?: { readonly cause?: unknown }) {
  return failure("CHECKPOINT_INVALID", `Cannot use the checkpoint "${printable(path)}": ${reason}`, {
    path,
    reason,
    ...options,
  });
}
