// Stands between a program and the disk: at the call that it is told, the process is killed or the call fails, after half
// of it where it writes. What Node does in several calls of the system – writing a file, removing a folder – is taken apart
// into these, so that no place between two of them is left out.

import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

/** What happens at the call. */
export type FaultKind = "kill" | "EIO" | "ENOSPC";

/** The next fault. */
export interface Fault {
  readonly kind: FaultKind;
  /** Which call, counted from 1. */
  readonly call: number;
}

let current: Fault | undefined;
let calls = 0;

/** Counts calls from now on, to the one that fails. */
export function armFault(fault: Fault): void {
  current = fault;
  calls = 0;
}

/** Lets all calls through again; tells whether the fault was reached. */
export function disarmFault(): boolean {
  const wasReached = current !== undefined && calls >= current.call;
  current = undefined;
  return wasReached;
}

const counted = [
  "access",
  "chmod",
  "copyFile",
  "link",
  "lstat",
  "mkdir",
  "open",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "rename",
  "rmdir",
  "stat",
  "unlink",
  "utimes",
] as const;

/** What a full disk refuses; it lets everything be read. */
const spending: ReadonlySet<string> = new Set("close copyFile fsync link mkdir open rename write writev".split(" "));

/** Replaces the functions of `node:fs/promises`, and the methods of the files that they open, for the whole process. */
export async function breakFileSystem(): Promise<void> {
  const handle = await promises.open(process.execPath);
  breakHandles(Object.getPrototypeOf(handle));
  await handle.close();
  // The functions are called as they were; only their name in the module is another's.
  const functions = promises as unknown as Record<string, (...args: never[]) => Promise<unknown>>;
  for (const name of counted) {
    const original = functions[name]!;
    functions[name] = async (...args) => {
      // Who a process is has nothing to do with the disk.
      if (!String(args[0]).startsWith("/proc/")) await reach(name);
      return original(...args);
    };
  }
  Object.assign(promises, { writeFile, rm });
  syncBuiltinESMExports();
}

/** Counts a call; at the fault `half` is done, and then the process is gone or the call throws. */
async function reach(name: string, half: () => Promise<unknown> = async () => undefined): Promise<void> {
  if (current === undefined || (current.kind === "ENOSPC" && !spending.has(name))) return;
  if (++calls !== current.call) return;
  await half();
  if (current.kind === "kill") process.kill(process.pid, "SIGKILL");
  throw Object.assign(new Error(`${current.kind}: made up for call ${calls}, ${name}`), { code: current.kind });
}

function breakHandles(prototype: FileHandle): void {
  const { close, read, readFile, stat, sync, writev } = prototype;
  // Of its several forms the one that is used here.
  const write: (bytes: Uint8Array, offset: number, length: number) => Promise<unknown> = prototype.write;
  Object.assign(prototype, {
    async read(this: FileHandle, ...args: Parameters<typeof read>) {
      await reach("read");
      return read.apply(this, args);
    },
    async readFile(this: FileHandle, ...args: Parameters<typeof readFile>) {
      await reach("readFile");
      return readFile.apply(this, args);
    },
    async stat(this: FileHandle) {
      await reach("fstat");
      return stat.call(this);
    },
    async sync(this: FileHandle) {
      await reach("fsync");
      return sync.call(this);
    },
    async write(this: FileHandle, bytes: Uint8Array, offset = 0, length = bytes.length - offset) {
      await reach("write", () => write.call(this, bytes, offset, length >> 1));
      return write.call(this, bytes, offset, length);
    },
    async writeFile(this: FileHandle, contents: string) {
      const bytes = new TextEncoder().encode(contents);
      await this.write(bytes, 0, bytes.length);
    },
    async writev(this: FileHandle, pieces: readonly Uint8Array[]) {
      await reach("writev", () => writev.call(this, pieces.slice(0, pieces.length >> 1)));
      return writev.call(this, pieces);
    },
    async close(this: FileHandle) {
      await close.call(this); // for real, also when a failure is reported: the descriptor is gone then too
      await reach("close");
    },
  });
}

async function writeFile(path: string, contents: string | Uint8Array, options: { flag?: string } = {}): Promise<void> {
  const handle = await promises.open(path, options.flag ?? "w");
  try {
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    for (let done = 0; done < bytes.length; )
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  } finally {
    await handle.close();
  }
}

async function rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
  const entry = await promises.lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (options.force === true && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (entry === undefined) return;
  if (!entry.isDirectory()) return promises.unlink(path);
  for (const name of await promises.readdir(path)) await rm(join(path, name), options);
  await promises.rmdir(path);
}
