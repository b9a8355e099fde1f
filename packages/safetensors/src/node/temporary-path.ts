// Names of unfinished outputs. They lie beside their target, since a rename cannot cross file systems, and say who makes
// them, so that the next run can remove what a killed one left.

import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { type FileSystem, systemCode } from "./file-system.ts";
import { renamePatiently } from "./rename-patiently.ts";

const pattern = /^\.lowrank-(unfinished|replaced)-([0-9a-f]{8})-(\d+)-[0-9a-f]{12}-(.+)$/;
const dayInMilliseconds = 24 * 60 * 60 * 1000;
/** How far a file's time and the process's may disagree, in milliseconds. */
const clockTolerance = 1000;

/** Process ids mean something on one machine only, and folders can be shared. */
const thisHost = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** A new name beside `target`: "unfinished" for what is being written, "replaced" for what is about to be removed. */
export function temporaryPath(target: string, purpose: "unfinished" | "replaced"): string {
  const random = randomBytes(6).toString("hex");
  // Only what is put back must keep its whole name; a long one would leave no room for the rest.
  const name = purpose === "replaced" ? basename(target) : basename(target).slice(0, 40);
  return join(dirname(target), `.lowrank-${purpose}-${thisHost}-${process.pid}-${random}-${name}`);
}

/**
 * Tidies up after killed processes in a folder: removes unfinished outputs whose process is gone, or – made on another
 * machine – that nobody touched for a day; and puts a replaced folder back if its successor never arrived. Failing to
 * tidy up never fails the work at hand.
 */
export async function tidyUpTemporaries(folder: string, fileSystem: FileSystem, now = Date.now()): Promise<void> {
  try {
    for (const name of await fileSystem.list(folder)) {
      const match = pattern.exec(name);
      if (match !== null && (await isStale(folder, match, { fileSystem, now })))
        await tidyUp(folder, match, fileSystem);
    }
  } catch {
    // The next run tries again.
  }
}

async function tidyUp(folder: string, match: RegExpExecArray, fileSystem: FileSystem): Promise<void> {
  const path = join(folder, match[0]);
  const target = join(folder, match[4] ?? "");
  const isOnlyCopy = match[1] === "replaced" && (await fileSystem.entry(target)) === undefined;
  if (isOnlyCopy) await renamePatiently(fileSystem, path, target);
  else await fileSystem.remove(path);
}

async function isStale(
  folder: string,
  match: RegExpExecArray,
  { fileSystem, now }: { readonly fileSystem: FileSystem; readonly now: number },
): Promise<boolean> {
  const [name, purpose, host, pid] = match;
  const isOfThisId = Number(pid) === process.pid;
  if (host === thisHost && !isOfThisId) return !isRunning(Number(pid));
  const entry = await fileSystem.entry(join(folder, name));
  if (entry === undefined) return false;
  // In a container every run may have the same id, so what is older than this process was left by one before it.
  if (host === thisHost) return entry.changedAt < now - process.uptime() * 1000 - clockTolerance;
  // A folder that was moved aside a moment ago may have been written a year ago.
  return now - (purpose === "replaced" ? entry.changedAt : entry.modifiedAt) > dayInMilliseconds;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM"; // it runs, under another user
  }
}
