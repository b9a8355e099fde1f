// Why an output is not written to.

import { LowrankError } from "@lowrank/contracts";
import { NamingError, named } from "./named-option.ts";

/** The output path is taken and `overwrite` was not. */
export class OutputExistsError extends NamingError {
  constructor(readonly path: string) {
    super(
      "OUTPUT_EXISTS",
      `"${path}" exists already. Choose another ${named("out")}, or add ${named("overwrite")} to replace it.`,
    );
  }
}

/** The output path is, or holds, something that the command reads; `overwrite` would destroy it. */
export class OutputIsInputError extends NamingError {
  constructor(
    readonly path: string,
    readonly input: string,
  ) {
    super(
      "OUTPUT_IS_INPUT",
      `${named("out")} "${path}" would replace "${input}", which this command reads. Choose another ${named("out")}.`,
    );
  }
}

/** The output path lies in a folder that the command reads, and is to leave as it was. */
export class OutputInsideInputError extends NamingError {
  constructor(
    readonly path: string,
    readonly input: string,
  ) {
    super(
      "OUTPUT_INSIDE_INPUT",
      `${named("out")} "${path}" lies in "${input}", which this command reads and leaves as it is. Name a folder beside it.`,
    );
  }
}

/** The output path is, or holds, the current folder; `overwrite` would destroy what one works on. */
export class OutputHoldsWorkError extends NamingError {
  constructor(readonly path: string) {
    super(
      "OUTPUT_HOLDS_WORK",
      `${named("out")} "${path}" is the current folder or contains it. Name a folder of its own.`,
    );
  }
}

/** Another run is writing to the output at this moment. */
export class OutputInUseError extends NamingError {
  /** The other run's process; undefined where its lock does not say. */
  readonly pid: number | undefined;
  readonly host: string | undefined;

  constructor(
    readonly path: string,
    readonly lock: string,
    holder: { readonly pid: number; readonly host: string } | undefined,
  ) {
    const who = holder === undefined ? "Another run" : `Another run (process ${holder.pid} on ${holder.host})`;
    super(
      "OUTPUT_IN_USE",
      `${who} is writing to ${named("out")} "${path}". Choose another ${named("out")}, or wait for it. If it is no longer there, remove "${lock}".`,
    );
    this.pid = holder?.pid;
    this.host = holder?.host;
  }
}

/** Something that no run made lies where the output's lock is to be. */
export class OutputLockBlockedError extends NamingError {
  constructor(
    readonly path: string,
    readonly lock: string,
  ) {
    super(
      "OUTPUT_LOCK_BLOCKED",
      `${named("out")} "${path}" cannot be claimed: "${lock}" is in the way, which no run of lowrank made (a link, a folder, a pipe). ` +
        `Remove it, or choose another ${named("out")}.`,
    );
  }
}

/** `overwrite` names something that no run of lowrank wrote. */
export class OutputNotOursError extends NamingError {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(
      "OUTPUT_NOT_OURS",
      `${named("overwrite")} replaces what an earlier run wrote, but "${path}" is somebody else's: ${reason}. ` +
        `Name another ${named("out")}, or remove it yourself.`,
    );
  }
}

/** Nothing can be made at the output path: noticed before the work, not after it. */
export class OutputNotWritableError extends NamingError {
  /** The folder that would hold the output, or the nearest one above it that exists. */
  readonly folder: string;
  readonly reason: string;

  constructor(
    readonly path: string,
    { folder, reason, cause }: { readonly folder: string; readonly reason: string; readonly cause?: unknown },
  ) {
    const advice = `Choose another ${named("out")}.`;
    super("OUTPUT_NOT_WRITABLE", `${named("out")} "${path}" cannot be written in "${folder}": ${reason}. ${advice}`, {
      cause,
    });
    this.folder = folder;
    this.reason = reason;
  }
}

/** A file in the base's own types was asked for, and the base is no .gguf file. */
export class OwnTypesError extends LowrankError {
  constructor(readonly base: string) {
    super(
      "OWN_TYPES",
      `"${base}" is no .gguf file, whose types a merged one could keep. Name a type: F16, Q8_0, Q4_K_M.`,
    );
  }
}
