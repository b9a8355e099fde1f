// Whether a process is still the one that it was: ids are given to others later, and in a container every run has the same.

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * What tells the process of an id from those that have the id later: on Linux the boot and the tick at which it started.
 * Undefined where no such process runs, or where the system does not say.
 *
 * @example
 * ```ts
 * import { isRunning, processIdentity } from "@lowrank/safetensors/node";
 *
 * async function isStillThere(pid: number, identity: string): Promise<boolean> {
 *   return isRunning(pid) && (await processIdentity(pid)) === identity;
 * }
 * ```
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const facts = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold spaces and brackets; the 22nd is the start.
    const start = facts.slice(facts.lastIndexOf(")") + 2).split(" ")[19];
    return start === undefined ? undefined : `${boot} ${start}`;
  } catch {
    return undefined;
  }
}

/** Whether a process with this id runs, whoever's it is. One that ended does not, though its parent may never have asked how. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^\) [ZX]/.test(facts.slice(facts.lastIndexOf(")")));
  } catch {
    return true;
  }
}
