// What can go wrong between processes.

import { itemized } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** No usable MPI was found. Install it with the command in the message. */
export function mpiUnavailableError(
  reason: string /** The command that installs MPI. */,
  command: string,
  options?: { readonly cause?: unknown },
) {
  return failure("MPI_UNAVAILABLE", `Cannot train on several processes: ${reason}. Remedy: ${command}`, {
    reason,
    command,
    ...options,
  });
}

/** The launcher and the MPI library belong to different MPIs. Start with the `mpirun` of that library. */
export function mpiMismatchError(
  launcher: string /** How many processes the launcher started. */,
  expected: number /** The version text of the library. */,
  library: string /** How many processes the library reports. */,
  got: number,
) {
  return failure(
    "MPI_MISMATCH",
    `${launcher} started ${expected} processes, but the MPI library has ${got} (${printable(library)}): they are different ` +
      "MPIs. Start with the mpirun of that library, set LOWRANK_MPI_LIBRARY to the launcher's library, or use srun --mpi=pmix.",
    { launcher, expected, library, got },
  );
}

/** A call of MPI failed. Start again from the last checkpoint. */
export function mpiCallError(
  /** "MPI_Allreduce". */
  call: string,
  status: number /** MPI's error text. */,
  reason: string,
) {
  return failure(
    "MPI_CALL",
    `${call} failed with ${status}: ${printable(reason)}. Another process or the network failed. Start again from the last checkpoint.`,
    { call, status, reason },
  );
}

/** Other processes did not answer in time. Start again from the last checkpoint, or raise the timeout. */
export function communicationTimeoutError(call: string, seconds: number) {
  return failure(
    "COMMUNICATION_TIMEOUT",
    `${call} waited ${seconds} s for the other processes: one of them hangs or lost its connection. Start again from the last checkpoint. ` +
      "If one of them needs more time, set timeoutSeconds or LOWRANK_MPI_TIMEOUT.",
    { call, seconds },
  );
}

/** The processes made one call with different or invalid sizes. All processes must make the same calls. */
export function communicationSizeError(
  call: string /** Numbers or bytes of this process. */,
  got: number,
  expected: string,
) {
  return failure(
    "COMMUNICATION_SIZE",
    `${call} got ${got}, expected ${expected}. All processes must make the same calls.`,
    { call, got, expected },
  );
}

/** The processes of one training have different settings. Give all of them the same base model, rows, recipe and version. */
export function ranksDifferError(
  /** For each process that differs from the first: the fields. */
  differences: readonly string[],
) {
  return failure(
    "RANKS_DIFFER",
    `The processes have different settings:${itemized(differences)}\nGive all of them the same base model, rows, recipe and version.`,
    { differences },
  );
}
