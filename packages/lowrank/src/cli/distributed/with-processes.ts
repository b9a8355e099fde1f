// Runs a command in several processes together. If it fails in one of them, all of them end.

import { availableParallelism, cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { LowrankError } from "@lowrank/contracts";
import { type Communicator, launchOf, openCommunicator } from "@lowrank/trainer/mpi";

import { UsageError } from "../../errors/usage-errors.ts";
import type { CommandIo } from "../io.ts";
import type { DistributedOptions } from "../options/shared-options.ts";
import { printFailure } from "../terminal/print-failure.ts";

/** Before a process prints its own error, it waits for the first process, which most often prints the same. */
const grace = 1500; // milliseconds

/**
 * Runs the command alone, or together with the other processes that the launcher started. If it fails in any of them, that
 * process prints the message and all end with its exit code. Throws MPI_UNAVAILABLE, MPI_MISMATCH; INTERRUPTED if all
 * were interrupted; and the command's own errors if it runs alone.
 */
export async function withProcesses(
  { distributed }: DistributedOptions,
  io: CommandIo,
  command: (joined: { readonly io: CommandIo; readonly communicator: Communicator | undefined }) => Promise<void>,
): Promise<void> {
  const launch = launchOf(io.environment);
  if (distributed === "off" || (launch === undefined && distributed !== "mpi"))
    return command({ io, communicator: undefined });
  const communicator = await openCommunicator({ environment: io.environment });
  const environment = { LOWRANK_THREADS: threadsEach(io, launch?.localSize ?? 1), ...io.environment };
  try {
    await command({ io: { ...io, environment }, communicator });
  } catch (error) {
    if (!LowrankError.isInstance(error, "INTERRUPTED")) await endAll(error, io, communicator);
    await communicator.close(); // all stopped after the same step
    throw error;
  }
  await communicator.close();
}

/** An equal share of this machine's processors for each process, unless the launcher has already bound the processes. */
function threadsEach(io: CommandIo, localSize: number): string {
  const processors = cpus().length;
  if (localSize > processors)
    io.stderr(`warning: ${localSize} processes share ${processors} processors: start as many as processors at most.\n`);
  return String(Math.max(1, Math.min(availableParallelism(), Math.floor(processors / localSize))));
}

async function endAll(error: unknown, io: CommandIo, communicator: Communicator): Promise<void> {
  if (communicator.rank === 0) printFailure(error, io);
  else {
    await sleep(grace);
    const stderr = io.lastError ?? io.stderr;
    stderr(`process ${communicator.rank} of ${communicator.size}: `);
    printFailure(error, { ...io, stderr });
  }
  await io.settled().catch(() => undefined);
  communicator.abort(error instanceof UsageError ? 2 : 1);
}
