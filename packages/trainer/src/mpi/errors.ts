// What can go wrong between processes.

import { itemized, LowrankError, printable } from "@lowrank/contracts";

/** No usable MPI was found. Install it with the command in the message. */
export class MpiUnavailableError extends LowrankError {
  constructor(
    readonly reason: string,
    /** The command that installs MPI. */
    readonly command: string,
    options?: { readonly cause?: unknown },
  ) {
    super("MPI_UNAVAILABLE", `Cannot train on several processes: ${reason}. Remedy: ${command}`, options);
  }
}

/** The launcher and the MPI library belong to different MPIs. Start with the `mpirun` of that library. */
export class MpiMismatchError extends LowrankError {
  constructor(
    readonly launcher: string,
    /** How many processes the launcher started. */
    readonly expected: number,
    /** The version text of the library. */
    readonly library: string,
    /** How many processes the library reports. */
    readonly got: number,
  ) {
    super(
      "MPI_MISMATCH",
      `${launcher} started ${expected} processes, but the MPI library has ${got} (${printable(library)}): they are different ` +
        "MPIs. Start with the mpirun of that library, set LOWRANK_MPI_LIBRARY to the launcher's library, or use srun --mpi=pmix.",
    );
  }
}

/** A call of MPI failed. Start again from the last checkpoint. */
export class MpiCallError extends LowrankError {
  constructor(
    /** "MPI_Allreduce". */
    readonly call: string,
    readonly status: number,
    /** MPI's error text. */
    readonly reason: string,
  ) {
    super(
      "MPI_CALL",
      `${call} failed with ${status}: ${printable(reason)}. Another process or the network failed. Start again from the last checkpoint.`,
    );
  }
}

/** Other processes did not answer in time. Start again from the last checkpoint, or raise the timeout. */
export class CommunicationTimeoutError extends LowrankError {
  constructor(
    readonly call: string,
    readonly seconds: number,
  ) {
    super(
      "COMMUNICATION_TIMEOUT",
      `${call} waited ${seconds} s for the other processes: one of them hangs or lost its connection. Start again from the last checkpoint. ` +
        "If one of them needs more time, set timeoutSeconds or LOWRANK_MPI_TIMEOUT.",
    );
  }
}

/** The processes made one call with different or invalid sizes. All processes must make the same calls. */
export class CommunicationSizeError extends LowrankError {
  constructor(
    readonly call: string,
    /** Numbers or bytes of this process. */
    readonly got: number,
    readonly expected: string,
  ) {
    super("COMMUNICATION_SIZE", `${call} got ${got}, expected ${expected}. All processes must make the same calls.`);
  }
}

/** The processes of one training have different settings. Give all of them the same base model, rows, recipe and version. */
export class RanksDifferError extends LowrankError {
  constructor(
    /** For each process that differs from the first: the fields. */
    readonly differences: readonly string[],
  ) {
    super(
      "RANKS_DIFFER",
      `The processes have different settings:${itemized(differences)}\nGive all of them the same base model, rows, recipe and version.`,
    );
  }
}
