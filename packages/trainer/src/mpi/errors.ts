// What can go wrong between processes.

import { itemized, LowrankError, printable } from "@lowrank/contracts";

/** There is no MPI here that could be used: why, and what to do. */
export class MpiUnavailableError extends LowrankError {
  constructor(
    readonly reason: string,
    /** What to type. */
    readonly command: string,
    options?: { readonly cause?: unknown },
  ) {
    super("MPI_UNAVAILABLE", `Cannot train on several processes: ${reason}. To change that: ${command}`, options);
  }
}

/** The library sees other processes than the launcher started: they are not of one MPI. */
export class MpiMismatchError extends LowrankError {
  constructor(
    readonly launcher: string,
    /** How many it started. */
    readonly expected: number,
    /** The library in its own words. */
    readonly library: string,
    /** How many it sees. */
    readonly got: number,
  ) {
    super(
      "MPI_MISMATCH",
      `${launcher} started ${expected} processes, but the MPI library sees ${got} (${printable(library)}): the two are not of one ` +
        "MPI. Start with the mpirun of that library, name the launcher's own library in LOWRANK_MPI_LIBRARY, or, with srun, say --mpi=pmix.",
    );
  }
}

/** MPI refused a call. */
export class MpiCallError extends LowrankError {
  constructor(
    /** "MPI_Allreduce". */
    readonly call: string,
    readonly status: number,
    /** MPI's own words. */
    readonly reason: string,
  ) {
    super(
      "MPI_CALL",
      `${call} failed with ${status}: ${printable(reason)}. Another process or its network is gone: start again from the last checkpoint.`,
    );
  }
}

/** The others did not come to a call in time. */
export class CommunicationTimeoutError extends LowrankError {
  constructor(
    readonly call: string,
    readonly seconds: number,
  ) {
    super(
      "COMMUNICATION_TIMEOUT",
      `${call} waited ${seconds} s for the other processes: one of them hangs, or is cut off. Start again from the last checkpoint; ` +
        "where one of them has more to do than that, give timeoutSeconds or LOWRANK_MPI_TIMEOUT.",
    );
  }
}

/** Processes came to the same call with different sizes, or with none that MPI can count. */
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

/** Processes that are to train as one were told different things. */
export class RanksDifferError extends LowrankError {
  constructor(
    /** Of each process that differs from the first: which fields. */
    readonly differences: readonly string[],
  ) {
    super(
      "RANKS_DIFFER",
      `The processes are not told the same:${itemized(differences)}\nGive all of them the same base, rows, recipe and version.`,
    );
  }
}
