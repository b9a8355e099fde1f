// A data file on a disk: looked at before it is opened, and unpacked as it is read.

import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataFileError } from "../errors.ts";
import type { ReadLimits } from "../reading/read-options.ts";
import { formatOfName } from "./data-format.ts";

/** The file's size. Throws DataFileError for a path without a regular file, and for one that is too large. */
export async function checkFile(path: string, { file, maxSize }: ReadLimits): Promise<number> {
  const facts = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw unopened(path, file, error);
    throw new DataFileError(file, `there is no file at "${resolve(path)}".${await filesBeside(path)}`, {
      cause: error,
    });
  });
  if (!facts.isFile()) throw new DataFileError(file, `"${path}" is no regular file.`);
  if (facts.size > maxSize) {
    throw new DataFileError(file, `it has ${facts.size} bytes, more than ${maxSize}; raise maxSize to read it.`);
  }
  return facts.size;
}

/** The file's bytes, unpacked. Throws DataFileError where the system or gzip fails. */
export async function* fileBytes(
  path: string,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  try {
    yield* openBytes(path, signal) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (isZlibFailure(error))
      throw new DataFileError(file, `gzip cannot unpack it: ${error.message}.`, { cause: error });
    throw isSystemFailure(error) ? unopened(path, file, error) : error;
  }
}

function openBytes(path: string, signal: AbortSignal | undefined): Readable {
  const stream = createReadStream(path, { signal });
  // Whoever reads the unpacked bytes gets the error of either.
  return /\.gz$/i.test(path) ? pipeline(stream, createGunzip(), () => {}) : stream;
}

function isZlibFailure(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

/** A failure of the system, as against a broken file or an abort, whose code begins with no E. */
function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function unopened(path: string, file: string, cause: NodeJS.ErrnoException): DataFileError {
  const reason = cause.code === "EACCES" ? "permission denied" : cause.message;
  return new DataFileError(file, `"${resolve(path)}" cannot be opened: ${reason}.`, { cause });
}

/** Names a mistyped path's neighbours, for somebody who looks for the right one. */
async function filesBeside(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => []);
  const data = names.filter((name) => formatOfName(name) !== undefined).sort();
  if (data.length === 0) return "";
  const listed = data.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60)));
  return ` The data files there are ${listed.join(", ")}${data.length > listed.length ? ", …" : ""}.`;
}
