// Names of unfinished outputs. They are next to their target, because a rename cannot cross file systems, and contain the
// process's identity, so that the next run can remove the files of a killed process.

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { type FileSystem, nodeFileSystem, systemCode } from "./file-system.ts";

/** Delays before each retry, in milliseconds; short in total. */
const waits = [10, 20, 40, 80, 160, 320];

/** Like the file system's `rename`, with retries while the file is in use. The last error is thrown. */
export async function renamePatiently(
  fileSystem: FileSystem,
  ...[from, to, options]: Parameters<FileSystem["rename"]>
): Promise<void> {
  for (const wait of waits) {
    try {
      return await fileSystem.rename(from, to, options);
    } catch (error) {
      if (!["EPERM", "EACCES", "EBUSY"].includes(systemCode(error) ?? "")) throw error;
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }
  return fileSystem.rename(from, to, options);
}

const pattern = /^\.lowrank-(unfinished|replaced)-([0-9a-f]{8})-(\d+)-([0-9a-f]{8}|unknown)-[0-9a-f]{12}(-.*)?$/s;
/** How many characters of the target's name are kept; each may take four bytes. */
const maxStart = 20;
/** Age in milliseconds at which unfinished files are removed if their process cannot be checked. */
const maxUnfinishedAge = 24 * 60 * 60 * 1000;
/** The same for a replaced output, which is removed or restored within a second. */
const maxReplacedAge = 10 * 60 * 1000;
/** Largest difference between a file's time and the process's, in milliseconds. */
const clockTolerance = 1000;

/** Process ids are valid on one machine only, and folders can be shared. */
const thisHost = shortHash(hostname());

/**
 * A new name next to `target`: "unfinished" for an output that is being written, "replaced" for a folder that contains an old
 * output, under its own name, before removal. It ends with the first characters of the target's name, for people. `tidyUpTemporaries` removes it when this process is gone.
 */
export async function temporaryPath(target: string, purpose: "unfinished" | "replaced"): Promise<string> {
  const random = randomBytes(6).toString("hex");
  const maker = `${thisHost}-${process.pid}-${await shortIdentity(process.pid)}`;
  const start = [...basename(target)].slice(0, maxStart).join("");
  return join(dirname(target), `.lowrank-${purpose}-${maker}-${random}-${start}`);
}

/**
 * Cleans up after killed processes in a folder. Removes unfinished outputs whose process is gone, or which another machine made
 * and did not touch for a day. Restores a replaced output if its successor never arrived. So call it before searching for an
 * output. It never fails.
 */
export async function tidyUpTemporaries(
  folder: string,
  fileSystem: FileSystem = nodeFileSystem,
  now = Date.now(),
): Promise<void> {
  const names = await fileSystem.list(folder).catch(() => []);
  // One that cannot be removed must not keep another from being restored; the next run tries again.
  for (const name of names) await tidyUp(folder, name, { fileSystem, now }).catch(() => undefined);
}

async function tidyUp(folder: string, name: string, { fileSystem, now }: Surroundings): Promise<void> {
  const match = pattern.exec(name);
  if (match === null || !(await isStale(folder, match, { fileSystem, now }))) return;
  const path = join(folder, match[0]);
  if (match[1] === "replaced") await putBackMissing(path, folder, fileSystem);
  await fileSystem.remove(path);
}

async function putBackMissing(path: string, folder: string, fileSystem: FileSystem): Promise<void> {
  for (const name of await fileSystem.list(path)) {
    const target = join(folder, name);
    if ((await fileSystem.entry(target)) === undefined) await renamePatiently(fileSystem, join(path, name), target);
  }
}

interface Surroundings {
  readonly fileSystem: FileSystem;
  readonly now: number;
}

async function isStale(folder: string, match: RegExpExecArray, { fileSystem, now }: Surroundings): Promise<boolean> {
  const [name, purpose, host, id, identity] = match;
  const pid = Number(id);
  if (host === thisHost && !isRunning(pid)) return true;
  const current = host === thisHost ? await shortIdentity(pid) : unknown;
  // The id may belong to another program by now; in a container every run has the same id.
  if (identity !== unknown && current !== unknown) return identity !== current;
  const entry = await fileSystem.entry(join(folder, name));
  if (entry === undefined) return false;
  // Files older than this process come from an earlier one.
  if (host === thisHost && pid === process.pid) return entry.changedAt < now - process.uptime() * 1000 - clockTolerance;
  return purpose === "replaced" ? now - entry.changedAt > maxReplacedAge : now - entry.modifiedAt > maxUnfinishedAge;
}

const unknown = "unknown";

async function shortIdentity(pid: number): Promise<string> {
  const identity = await processIdentity(pid);
  return identity === undefined ? unknown : shortHash(identity);
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/**
 * Distinguishes a process from later ones with the same id: on Linux the boot and the tick at which it started. Undefined if no
 * such process runs, or if the system does not report it.
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

/** Whether a process with this id runs, of any user. A zombie does not count. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only checks
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
