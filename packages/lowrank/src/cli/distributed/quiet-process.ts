// Of several processes that a launcher has started, the first one has the screen.

import { launchOf } from "@lowrank/trainer/mpi";
import type { CommandIo } from "../io.ts";

/** What is given, but for a process that is not the first: that says nothing but its last words. */
export function quietProcess(io: CommandIo): CommandIo {
  const launch = launchOf(io.environment);
  if (launch === undefined || launch.rank === 0) return io;
  const { terminal: _, ...others } = io;
  return { ...others, stdout: () => undefined, stderr: () => undefined, lastWords: io.stderr };
}
