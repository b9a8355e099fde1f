// Looks at the output path before any work is done: hours of training must not end in "exists already" or "permission
// denied", and --overwrite must not remove what the command reads.

import { access, constants, readdir, stat } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { tidyUpTemporaries } from "@lowrank/safetensors/node";
import {
  OutputExistsError,
  OutputHoldsWorkError,
  OutputIsInputError,
  OutputNotOursError,
  OutputNotWritableError,
} from "../errors/output-errors.ts";
import { lockOutput } from "./lock-output.ts";
import { realPath } from "./real-path.ts";

/** What an output may be. */
export interface OutputRules {
  readonly overwrite?: boolean | undefined;
  /** Paths that the command reads. */
  readonly inputs: readonly (string | undefined)[];
}

/**
 * Checks the output and claims it for this run, until the function that is returned is called. Throws what `checkOutput`
 * does, and OutputInUseError where another run has it.
 */
export async function claimOutput(path: string, rules: OutputRules): Promise<() => Promise<void>> {
  await checkOutput(path, rules);
  const release = await lockOutput(path);
  try {
    // A run that was killed while it replaced the output left it aside: whoever looks for it now must find it.
    await tidyUpTemporaries(dirname(await realPath(path)));
    await checkOutput(path, rules); // another run may have ended in between
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Refuses an existing output unless `overwrite`; and always one that holds an input or the current folder, a folder of
 * something that lowrank does not write, or a path at which nothing can be made.
 */
export async function checkOutput(path: string, options: OutputRules): Promise<void> {
  if (options.overwrite !== true && (await isOccupied(path))) throw new OutputExistsError(path);
  const output = await realPath(path);
  if (isWithin(await realPath("."), output)) throw new OutputHoldsWorkError(path);
  for (const input of options.inputs) {
    if (input === undefined) continue;
    const real = await realPath(input);
    if (isWithin(real, output)) throw new OutputIsInputError(path, input);
  }
  if (options.overwrite === true && !(await isOurs(path))) throw new OutputNotOursError(path);
  await checkWritable(path, dirname(output));
}

/** An output is made beside its place and moved there, so what has to be writable is the folder that will hold it. */
async function checkWritable(path: string, folder: string): Promise<void> {
  const entry = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (entry instanceof Error) {
    // What is missing is made, if the next folder above lets us; below a file nothing can be.
    if (entry.code === "ENOENT" || entry.code === "ENOTDIR") return checkWritable(path, dirname(folder));
    throw new OutputNotWritableError(path, { folder, reason: entry.message });
  }
  if (!entry.isDirectory()) throw new OutputNotWritableError(path, { folder, reason: "it is a file, not a folder" });
  await access(folder, constants.W_OK | constants.X_OK).catch(({ code, message }: NodeJS.ErrnoException) => {
    const reason = code === "EROFS" ? "its disk can only be read" : code === "EACCES" ? "permission denied" : message;
    throw new OutputNotWritableError(path, { folder, reason });
  });
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** An empty folder is as good as none. */
async function isOccupied(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return false;
  return !entry.isDirectory() || (await readdir(path)).length > 0;
}

/**
 * What `--overwrite` may remove: a file, an empty folder, or one that looks like an adapter, a model or a run. A folder of
 * photographs named by mistake is none of these.
 */
async function isOurs(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined || !entry.isDirectory()) return true;
  const names = await readdir(path);
  return names.length === 0 || names.some((name) => /^(adapter_config\.json|config\.json|checkpoint-\d+)$/.test(name));
}
