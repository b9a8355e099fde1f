// One run writes a folder at a time: two would replace each other's checkpoints, or the later one would find its place
// taken after hours. Who writes says so in a file beside the folder, which is replaced as a whole.

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isRunning, processIdentity } from "@lowrank/safetensors/node";
import { OutputInUseError } from "../errors/output-errors.ts";
import { realPath } from "./real-path.ts";

/** Who holds an output. */
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
/** For how long a file without a holder may be one that is being written at this moment. */
const longestWrite = 10_000;
const mostBytes = 4096;

/**
 * Claims an output path for one run, until the function that is returned is called. Throws OutputInUseError where another
 * run has it. What a killed run left is taken over: its process is gone, or, on another machine, silent for ten
 * minutes.
 *
 * The lock lies beside the output, since the output is replaced as a whole; folders above it are made.
 */
export async function lockOutput(out: string): Promise<() => Promise<void>> {
  const target = await realPath(out);
  const lock = join(dirname(target), `.lowrank-lock-${shortHash(basename(target))}`);
  const identity = (await processIdentity(process.pid)) ?? null;
  const own: Holder = { pid: process.pid, host: hostname(), identity, run: randomUUID() };
  await mkdir(dirname(target), { recursive: true });
  while (!(await claim(lock, own))) {
    const other = await holderOf(lock);
    if (other === undefined) continue; // gone meanwhile
    if (!(await isStale(other))) throw new OutputInUseError(out, lock, other.holder);
    await takeAway(lock, other.text);
  }
  const timer = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), beat);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const current = await holderOf(lock).catch(() => undefined);
    if (current?.holder?.run === own.run) await rm(lock, { force: true });
  };
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Whether the lock is ours now. For a moment it may be empty. */
async function claim(lock: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(lock, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

interface FoundLock {
  readonly text: string;
  /** Undefined where the file says nothing that could be understood. */
  readonly holder: Holder | undefined;
  /** Milliseconds since the holder last said that it is there. */
  readonly silence: number;
}

async function holderOf(lock: string): Promise<FoundLock | undefined> {
  try {
    const { mtimeMs, size } = await stat(lock);
    const text = size > mostBytes ? "" : await readFile(lock, "utf8");
    return { text, holder: parseHolder(text), silence: Date.now() - mtimeMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
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
    const silence = Date.now() - ((await stat(guard).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (silence > longestWrite) await rm(guard, { recursive: true, force: true }); // its maker was killed
    return new Promise((resume) => setTimeout(resume, 20));
  }
  try {
    if ((await holderOf(lock))?.text === stale) await rm(lock, { force: true });
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
