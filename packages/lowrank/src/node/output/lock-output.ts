// Only one run writes a folder at a time. Two runs would replace each other's checkpoints, or the later one would find the folder
// taken after hours. The lock file is next to the folder, because the folder is replaced as a whole.

import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, rm, rmdir, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { FileReadError, isRunning, nodeFileSystem, processIdentity } from "@lowrank/safetensors/internal/node";
import { openFile, writeFileAtomic } from "@lowrank/safetensors/node";
import { outputInUse, outputLockBlocked, outputNotWritable } from "../../errors/output-errors.ts";
import { realPath } from "../real-path.ts";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Distinguishes the process from later ones with the same id; null if the system does not provide it. */
  readonly identity: string | null;
  /** Distinguishes several runs of the same process. */
  readonly run: string;
}

/** Interval at which the holder renews the lock; timers wait while a step is computed. */
const beat = 60_000;
/** Maximum time without renewal of a holder on another machine. */
const longestSilence = 10 * beat;
/** Interval of checking whether a holder on another machine has renewed its lock. */
const look = 1000;
/** Maximum age of an incomplete lock file that may still be in the middle of writing. */
const longestWrite = 10_000;
/** Maximum time to try while other runs take and remove locks. */
const longestTry = 2 * longestWrite;
const maxBytes = 4096;

/** Called once before waiting for a holder on another machine, which may be gone, with its machine or its pod. */
export type OnWait = (
  holder: { readonly pid: number; readonly host: string },
  longest: { readonly seconds: number },
) => void;

/**
 * Locks an output path for one run until the returned function is called. Throws OUTPUT_IN_USE if another
 * run has it. Takes over the lock of a killed run: its process is gone, or, on another machine, has not renewed it for ten
 * minutes. Throws OUTPUT_LOCK_BLOCKED if the lock's path is taken by something that no run made.
 *
 * With `onWait`, waits while a holder on another machine does not renew the lock: a killed run may be resumed on another machine
 * seconds later.
 *
 * The lock is next to the output, because the output is replaced as a whole; missing parent folders are created.
 */
export async function lockOutput(
  out: string,
  { onWait }: { readonly onWait?: OnWait | undefined } = {},
): Promise<() => Promise<void>> {
  const target = await realPath(out);
  const lock = join(dirname(target), `.lowrank-lock-${shortHash(basename(target))}`);
  const identity = (await processIdentity(process.pid)) ?? null;
  const holder: Holder = { pid: process.pid, host: hostname(), identity, run: randomUUID() };
  let start = Date.now();
  let waitedFor: string | undefined;
  try {
    await nodeFileSystem.makeFolders(dirname(target));
    while (!(await claim(lock, holder))) {
      const other = await holderOf(lock);
      if (other === undefined) continue; // gone meanwhile
      const state = `${other.text} ${other.renewed}`;
      if (onWait !== undefined && isSilentElsewhere(other) && (waitedFor ?? state) === state) {
        if (waitedFor === undefined)
          onWait(other.holder, { seconds: Math.ceil((longestSilence - other.silence) / 1000) });
        waitedFor = state;
        await new Promise((resume) => setTimeout(resume, look));
        start = Date.now();
        continue;
      }
      const isTried = Date.now() - start > longestTry;
      if (isTried || !(await isStale(other))) throw outputInUse(out, lock, other.holder);
      await takeAway(lock, other.text);
    }
  } catch (error) {
    throw error instanceof Blocked ? outputLockBlocked(out, error.path) : asUnwritable(error, out, lock);
  }
  const timer = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), beat);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const current = await holderOf(lock).catch(() => undefined);
    // The next run takes over a lock that cannot be removed, because its holder is gone.
    if (current?.holder?.run === holder.run) await rm(lock, { force: true }).catch(() => undefined);
  };
}

/** The path of a lock or its guard is taken by something else. */
class Blocked {
  constructor(readonly path: string) {}
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Whether we have the lock. It is created atomically, so that a kill leaves no lock without a holder. */
async function claim(lock: string, holder: Holder): Promise<boolean> {
  if ((await entryAt(lock)) !== undefined) return false;
  try {
    await writeFileAtomic(lock, JSON.stringify(holder));
    return true;
  } catch (error) {
    if (LowrankError.isInstance(error, "OUTPUT_EXISTS")) return false;
    // It may exist although the disk could not be synced.
    const current = await holderOf(lock).catch(() => undefined);
    if (current?.holder?.run === holder.run) await rm(lock, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A system error as an error of ours. */
function asUnwritable(error: unknown, out: string, lock: string): unknown {
  if (LowrankError.isInstance(error) || codeOf(error) === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return outputNotWritable(out, { folder: dirname(lock), reason, cause: error });
}

interface FoundLock {
  readonly text: string;
  /** Undefined if the file is not readable as a lock. */
  readonly holder: Holder | undefined;
  /** Time of the last renewal, in milliseconds. */
  readonly renewed: number;
  readonly silence: number;
}

/** Checks the kind of file before opening it: a pipe would wait for ever, and a link may be broken. */
async function holderOf(lock: string): Promise<FoundLock | undefined> {
  const entry = await entryAt(lock);
  if (entry === undefined) return undefined;
  if (!entry.isFile()) throw new Blocked(lock);
  const text = entry.size > maxBytes ? "" : await readWhole(lock);
  const { mtimeMs: renewed } = entry;
  return text === undefined ? undefined : { text, holder: parseHolder(text), renewed, silence: Date.now() - renewed };
}

/** Without following a link. */
async function entryAt(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
}

/** Undefined if it does not exist. */
async function readWhole(lock: string): Promise<string | undefined> {
  try {
    const file = await openFile(lock);
    try {
      return new TextDecoder().decode(await file.read(0, file.size));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileReadError && error.systemCode === "ENOENT") return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, identity, run } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof host !== "string" || typeof run !== "string") return undefined;
    return { pid, host, run, identity: typeof identity === "string" ? identity : null };
  } catch {
    return undefined;
  }
}

/** On another machine, and renewed recently enough to be alive. */
function isSilentElsewhere(lock: FoundLock): lock is FoundLock & { readonly holder: Holder } {
  return lock.holder !== undefined && lock.holder.host !== hostname() && lock.silence <= longestSilence;
}

async function isStale({ holder, silence }: FoundLock): Promise<boolean> {
  if (holder === undefined) return silence > longestWrite;
  if (holder.host !== hostname()) return silence > longestSilence;
  if (!isRunning(holder.pid)) return true;
  const identity = await processIdentity(holder.pid);
  if (identity === undefined || holder.identity === null) return silence > longestSilence;
  return identity !== holder.identity;
}

/**
 * Removes a stale lock, unless it was replaced. Two runs may find it: only one of them at a time checks again and
 * removes it, so that no new lock is mistaken for the stale one.
 */
async function takeAway(lock: string, stale: string): Promise<void> {
  const guard = `${lock}-taken`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    await removeOldGuard(guard);
    return new Promise((resume) => setTimeout(resume, 20));
  }
  try {
    if ((await holderOf(lock))?.text === stale) await rm(lock, { force: true });
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

/** If it is old, the run that created it was killed. No run creates anything but an empty folder there. */
async function removeOldGuard(guard: string): Promise<void> {
  const entry = await entryAt(guard);
  if (entry === undefined || Date.now() - entry.mtimeMs <= longestWrite) return;
  await rmdir(guard).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw new Blocked(guard);
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
