// From arguments to an exit code. Errors become messages here, and nowhere else.

import { setTimeout as sleep } from "node:timers/promises";
import { LowrankError } from "@lowrank/contracts";
import { launchOf } from "@lowrank/trainer/mpi";
import { CommanderError } from "commander";
import { OutputLostError } from "../errors/run-errors.ts";
import { UsageError } from "../errors/usage-errors.ts";
import type { AddCommand } from "./define-command.ts";
import type { CommandIo } from "./io.ts";
import { createProgram } from "./program.ts";
import { withRecipe } from "./recipe/with-recipe.ts";
import type { Interruption } from "./terminal/interruptions.ts";
import { printFailure } from "./terminal/print-failure.ts";

/**
 * Exit codes of the program, a promise to scripts. An interrupted run has saved its work, yet is not 0: a script must
 * not take a half-trained adapter for a finished one.
 */
const exitCodes = { ok: 0, failed: 1, wrongUsage: 2 } as const;
/** As a shell counts signals, but that Ctrl-C and SIGTERM are one to us. */
const interruptedCodes: Readonly<Record<Interruption, number>> = {
  SIGINT: 130,
  SIGTERM: 130,
  SIGHUP: 129,
  SIGUSR1: 138,
  SIGPIPE: 141,
};

/** Runs the program with the arguments after its name; resolves to its exit code and never rejects. */
export async function run(
  argv: readonly string[],
  commandIo: CommandIo,
  more: readonly AddCommand[] = [],
): Promise<number> {
  const io = quietProcess(commandIo);
  try {
    const program = createProgram(io, more);
    const isAlone = launchOf(io.environment) === undefined;
    await program.parseAsync(await withRecipe(argv, program, { isAlone }), { from: "user" });
    await io.settled();
    return exitCodes.ok;
  } catch (error) {
    const code = exitCodeOf(error, io);
    // When one process fails, the launcher ends all of them, so the first one needs time to print its message.
    if (io.lastError !== undefined) await sleep(1000);
    return code;
  }
}

function exitCodeOf(error: unknown, io: CommandIo): number {
  // Commander has printed its message (or the help) already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.wrongUsage;
  if (LowrankError.isInstance(error, "INTERRUPTED")) {
    io.stderr(`${error.message}\n`);
    return interruptedCodes[io.interruption() ?? "SIGINT"];
  }
  if (error instanceof OutputLostError && error.isReaderGone) return interruptedCodes.SIGPIPE;
  printFailure(error, io);
  return error instanceof UsageError ? exitCodes.wrongUsage : exitCodes.failed;
}

/** `io` unchanged for the first process. Other processes are silent, except for their last error. */
function quietProcess(io: CommandIo): CommandIo {
  const launch = launchOf(io.environment);
  if (launch === undefined || launch.rank === 0) return io;
  const { terminal: _, ...others } = io;
  return { ...others, stdout: () => undefined, stderr: () => undefined, lastError: io.stderr };
}
