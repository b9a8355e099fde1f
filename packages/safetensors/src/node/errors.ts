// Errors of files on a disk.

import { LowrankError } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";
import { systemCode } from "./file-system.ts";

/** The output already exists, and nothing was changed. Choose another path, or allow overwriting. */
export function outputExistsError(path: string) {
  return failure("OUTPUT_EXISTS", `"${path}" already exists. Choose another path, or allow overwriting.`, { path });
}

/** The output is the current folder or a folder above it, and nothing was changed. Choose a separate folder. */
export function protectedFolderError(path: string) {
  const advice = "Choose a separate folder for the output.";
  return failure(
    "PROTECTED_FOLDER",
    `"${path}" is the current folder or contains it, so it is not replaced. ${advice}`,
    { path },
  );
}

/** The existing output cannot be replaced safely, and nothing was changed. Choose another path, or delete it yourself. */
export function notReplaceableError(
  path: string /** The reason: "it is a device, a pipe or a socket". */,
  reason: string,
) {
  return failure(
    "NOT_REPLACEABLE",
    `"${path}" is not replaced: ${reason}. Choose another path, or delete it yourself.`,
    { path, reason },
  );
}

/** The disk or the quota is full; no partial file is left, and an older output is unchanged. Free some space, or choose another path. */
export class DiskFullError extends LowrankError {
  /** ENOSPC or EDQUOT. */
  readonly systemCode: string;
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super("DISK_FULL", `No space left while writing "${path}". Free some space, or choose another path.`, { cause });
    this.systemCode = systemCode(cause) ?? "ENOSPC";
  }
}

/** Writing failed; no partial file is left, and an older output is unchanged. Check the path and its permissions. */
export class FileWriteError extends LowrankError {
  /** The system's error code: EACCES, EIO, EROFS. */
  readonly systemCode: string | undefined;
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("FILE_WRITE_FAILED", `Cannot write "${path}": ${reason}`, { cause });
    this.systemCode = systemCode(cause);
  }
}

/** A file cannot be opened or read. Check the path and its permissions. */
export class FileReadError extends LowrankError {
  /** The system's error code: ENOENT, EACCES, EIO. */
  readonly systemCode: string | undefined;
  constructor(
    readonly path: string,
    problem: string,
    cause?: unknown,
  ) {
    super("FILE_READ_FAILED", `Cannot read "${path}": ${problem}`, cause === undefined ? undefined : { cause });
    this.systemCode = systemCode(cause);
  }
}

/** A failed write as one of the errors above. A LowrankError, or an error that is not the system's, stays unchanged. */
export function writeFailure(path: string, error: unknown): unknown {
  const code = systemCode(error);
  // The system's codes begin with E; "ABORT_ERR" is a user's abort.
  if (LowrankError.isInstance(error) || code?.startsWith("E") !== true) return error;
  if (code === "ENOSPC" || code === "EDQUOT") return new DiskFullError(path, error);
  return new FileWriteError(path, error);
}
