// One run writes a folder at a time: two would replace each other's checkpoints, or the later one would find its place
// taken after hours. Who writes says so in a file beside the folder, which is replaced as a whole.

import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, rm, rmdir, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import {
  FileReadError,
  isRunning,
  nodeFileSystem,
  OutputExistsError,
  openFile,
  processIdentity,
  writeFileAtomic,
} from "@lowrank/safetensors/node";
import { outputInUse, outputLockBlocked, outputNotWritable } from "../../errors/output-errors.ts";
import { realPath } from "../real-path.ts";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Tells the process from later ones of the same id; null where the system does not say. */
  readonly identity: string | null;
  /** Tells one run from another of the same process. */
  readonly run: string;
}

/** How often the holder says that it is still there; timers wait while a step is computed. */
const beat = 60_000;
/** For how long a holder on another machine, which cannot be asked, may have said nothing. */
const longestSilence = 10 * beat;
/** How often to look again whether a holder on another machine has said something. */
const look = 1000;
/** For how long a file without a holder may be one that is being written at this moment. */
const longestWrite = 10_000;
/** For how long to try while others take locks, and take stale ones away. */
const longestTry = 2 * longestWrite;
const maxBytes = 4096;

/** Told once of a holder on another machine that is waited for: it may be gone, with its machine or its pod. */
export type OnWait = (
  holder: { readonly pid: number; readonly host: string },
  longest: { readonly seconds: number },
) => void;

/**
 * Claims an output path for one run, until the function that is returned is called. Throws OUTPUT_IN_USE where another
 * run has it. What a killed run left is taken over: its process is gone, or, on another machine, silent for ten
 * minutes. Throws OUTPUT_LOCK_BLOCKED where something lies at the lock's place that no run made.
 *
 * With `onWait` a holder on another machine is waited for as long as it says nothing: what goes on elsewhere with a run that was
 * killed begins seconds after it.
 *
 * The lock lies beside the output, since the output is replaced as a whole; folders above it are made.
 */
export async function lockOutput(
  out: string,
  { onWait }: { readonly onWait?: OnWait | undefined } = {},
): Promise<() => Promise<void>> {
  const target = await realPath(out);
  const lock = join(dirname(target), `.lowrank-lock-${shortHash(basename(target))}`);
  const identity = (await processIdentity(process.pid)) ?? null;
  const own: Holder = { pid: process.pid, host: hostname(), identity, run: randomUUID() };
  let start = Date.now();
  let waitedFor: string | undefined;
  try {
    await nodeFileSystem.makeFolders(dirname(target));
    while (!(await claim(lock, own))) {
      const other = await holderOf(lock);
      if (other === undefined) continue; // gone meanwhile
      const state = `${other.text} ${other.lastSaid}`;
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
    // A lock that cannot be removed is taken over by the next run: its holder is gone then.
    if (current?.holder?.run === own.run) await rm(lock, { force: true }).catch(() => undefined);
  };
}

/** Something of somebody else's is where a lock or its guard is to be. */
class Blocked {
  constructor(readonly path: string) {}
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Whether the lock is ours now. It appears whole, so that a kill leaves none without a holder. */
async function claim(lock: string, own: Holder): Promise<boolean> {
  if ((await entryAt(lock)) !== undefined) return false;
  try {
    await writeFileAtomic(lock, JSON.stringify(own));
    return true;
  } catch (error) {
    if (error instanceof OutputExistsError) return false;
    // It may be in place although the disk could not be synced.
    const current = await holderOf(lock).catch(() => undefined);
    if (current?.holder?.run === own.run) await rm(lock, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** What the system says as an error of ours. */
function asUnwritable(error: unknown, out: string, lock: string): unknown {
  if (LowrankError.isInstance(error) || codeOf(error) === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return outputNotWritable(out, { folder: dirname(lock), reason, cause: error });
}

interface FoundLock {
  readonly text: string;
  /** Undefined where the file says nothing that could be understood. */
  readonly holder: Holder | undefined;
  /** When the holder last said that it is there, as milliseconds. */
  readonly lastSaid: number;
  readonly silence: number;
}

/** Whatever lies there is looked at before it is opened: a pipe would wait for ever, and a link may lead nowhere. */
async function holderOf(lock: string): Promise<FoundLock | undefined> {
  const entry = await entryAt(lock);
  if (entry === undefined) return undefined;
  if (!entry.isFile()) throw new Blocked(lock);
  const text = entry.size > maxBytes ? "" : await readWhole(lock);
  const { mtimeMs: lastSaid } = entry;
  return text === undefined ? undefined : { text, holder: parseHolder(text), lastSaid, silence: Date.now() - lastSaid };
}

/** Without following a link. */
async function entryAt(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
}

/** Undefined where it is gone. */
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

/** On another machine, and not silent for long enough to be taken for gone. */
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
 * Removes a stale lock, unless it is another by now. Two runs may find it: only one of them at a time looks again and
 * removes it, so that none takes a new lock for the stale one.
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

/** Its maker was killed if it is old. What is no empty folder is nothing that a run made. */
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
