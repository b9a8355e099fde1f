// A command that several processes run together: joins them, and ends all where one fails.

import { availableParallelism, cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Communicator, launchOf, openCommunicator } from "@lowrank/trainer/mpi";
import { InterruptedError } from "../../errors/run-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import type { CommandIo } from "../io.ts";
import type { DistributedOptions } from "../options/shared-options.ts";
import { printFailure } from "../terminal/print-failure.ts";

/** So long the others wait with what they have to say: most often the first process says the same. */
const grace = 1500; // milliseconds

/**
 * Runs the command by itself, or with the other processes that were started with this one. Where it fails in any of them, that one's
 * message is printed and all end with its exit code. Throws MpiUnavailableError, MpiMismatchError; InterruptedError where all were
 * interrupted; and what the command does where it is alone.
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
    if (!(error instanceof InterruptedError)) await endAll(error, io, communicator);
    await communicator.close(); // all stopped after the same step
    throw error;
  }
  await communicator.close();
}

/** The processors of this machine in equal parts, where the launcher has not bound the process to some of them. */
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
    const stderr = io.lastWords ?? io.stderr;
    stderr(`process ${communicator.rank} of ${communicator.size}: `);
    printFailure(error, { ...io, stderr });
  }
  await io.settled().catch(() => undefined);
  communicator.abort(error instanceof UsageError ? 2 : 1);
}
