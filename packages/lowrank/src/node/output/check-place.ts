// Whether a file or a folder can be created at a path, checked before hours of work.

import { access, constants, lstat, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { outputNotWritable } from "../../errors/output-errors.ts";

export type OutputKind = "file" | "folder";

/** Maximum bytes of a name in most file systems, for the message; the system itself decides. */
const longestName = 255;
/** A name of the maximum length that files next to an output, and in it, have. */
const madeName = "x".repeat(140);

/** Whether something would be replaced; an empty folder would not. `output`: the real path. Throws OUTPUT_NOT_WRITABLE. */
export async function isOccupied(path: string, output: string, kind: OutputKind): Promise<boolean> {
  const refuse = (reason: string) => outputNotWritable(path, { folder: dirname(output), reason });
  const entry = await stat(output).catch((error: NodeJS.ErrnoException) => error);
  if (entry instanceof Error) {
    if (entry.code === "ELOOP") throw refuse("it is a circular link");
    return false;
  }
  if (entry.isDirectory()) {
    if (kind === "file") throw refuse("it is a folder, but this command writes a file");
    const names = await readdir(output).catch((error: NodeJS.ErrnoException) => {
      throw refuse(error.message);
    });
    return names.length > 0;
  }
  if (!entry.isFile()) throw refuse("it is a device, a pipe or a socket");
  return true;
}

/** Throws OUTPUT_NOT_WRITABLE unless `output`, a real path, and the names `below` it can be created in its folder. */
export async function checkWritable(path: string, output: string, below: readonly string[] = []): Promise<void> {
  const folder = dirname(output);
  const missing = [basename(output), ...below];
  const refuse = (reason: string) => outputNotWritable(path, { folder, reason });
  const entry = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (entry instanceof Error) {
    // Missing folders are created if the next existing parent allows it; a file cannot be a parent.
    if (folder !== output && ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(entry.code ?? ""))
      return checkWritable(path, folder, missing);
    throw refuse(entry.message);
  }
  if (!entry.isDirectory()) throw refuse("it is a file, not a folder");
  for (const name of missing) if (await isTooLong(join(folder, name))) throw refuse(tooLong(name));
  if (await isTooLong(join(folder, ...missing, madeName, madeName)))
    throw refuse("the path is too long for the system, together with the file names in it");
  await access(folder, constants.W_OK | constants.X_OK).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw refuse(code === "EROFS" ? "the disk is read-only" : code === "EACCES" ? "permission denied" : message);
  });
}

async function isTooLong(path: string): Promise<boolean> {
  const error = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  return error instanceof Error && error.code === "ENAMETOOLONG";
}

function tooLong(name: string): string {
  const start = [...name].slice(0, 20).join("");
  return `the name "${start}…" has ${Buffer.byteLength(name)} bytes; the maximum is ${longestName}`;
}
