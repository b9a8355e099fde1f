// Stores checkpoints as folders on disk. Each is complete or absent, and damage is found before anything is used.

import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError, type WarningListener } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type FileSystem, temporaryPath } from "@lowrank/safetensors/internal/node";
import { writeFileAtomic, writeFolderAtomic } from "@lowrank/safetensors/node";
import { checkpointError } from "../errors.ts";
import { parseState, serializeState, stateFileNames } from "../state/state-files.ts";
import type { TrainingState } from "../state/training-state.ts";
import { isPlainName, manifestName, readListedFile, readManifest, serializeManifest } from "./manifest.ts";

/** How to keep checkpoints. */
export interface WriteCheckpointOptions {
  /**
   * How many of the newest checkpoints to keep; default 3. Older ones are removed after the new one is on disk. The checkpoint of
   * the best evaluation always stays.
   */
  readonly keepLast?: number;
  /** More files for the folder, such as the adapter's: plain names with their contents. */
  readonly files?: ReadonlyMap<string, Uint8Array | string>;
  /** Functions of the file system; tests pass functions that fail. */
  readonly fileSystem?: FileSystem;
}

const writeNames: OptionNames<WriteCheckpointOptions> = { keepLast: true, files: true, fileSystem: true };

/** A checkpoint on the disk. */
export interface StoredCheckpoint {
  readonly path: string;
  readonly step: number;
}

/** Which checkpoints to keep. */
interface Retention {
  /** How many of the newest, including the one that is being written. */
  readonly keepLast: number;
  /** The step of the best evaluation. */
  readonly best: number | undefined;
}

/** Options of `latestCheckpoint`. */
export interface LatestCheckpointOptions {
  /** Receives a warning for each newer checkpoint that is damaged and skipped. */
  readonly onWarning?: WarningListener;
}

const latestNames: OptionNames<LatestCheckpointOptions> = { onWarning: true };

const folderName = /^checkpoint-(\d{1,15})$/;

/**
 * Writes `folder/checkpoint-<step>` with state.safetensors, trainer.json and a manifest of hashes; returns its path.
 *
 * The write is atomic: the checkpoint appears complete or not at all, and an error leaves older ones unchanged. Throws
 * CHECKPOINT_INVALID if the folder cannot be created or a file name is not plain, and the writing errors of `@lowrank/safetensors/node`.
 *
 * @example
 * ```ts
 * import type { TrainingState } from "@lowrank/trainer";
 * import { latestCheckpoint, readCheckpoint, writeCheckpoint } from "@lowrank/trainer/node";
 *
 * async function keep(state: TrainingState): Promise<TrainingState> {
 *   const path = await writeCheckpoint("runs/mine/checkpoints", state, { keepLast: 2 });
 *   if ((await latestCheckpoint("runs/mine/checkpoints"))?.path !== path) throw new Error("there is a later one");
 *   return readCheckpoint(path);
 * }
 * ```
 */
export async function writeCheckpoint(
  folder: string,
  state: TrainingState,
  options: WriteCheckpointOptions = {},
): Promise<string> {
  refuseUnknownOptions("writeCheckpoint", options, writeNames);
  const files = filesOf(state, options.files ?? new Map());
  const path = join(folder, `checkpoint-${state.step}`);
  const onDisk = options.fileSystem === undefined ? {} : { fileSystem: options.fileSystem };
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw checkpointError(path, `the folder "${folder}" cannot be made.`, { cause });
  });
  // Files need no other protection: their folder has a temporary name until it is complete.
  const replacing = { overwrite: true, ...onDisk };
  await writeFolderAtomic(
    path,
    async (temporary) => {
      for (const [name, bytes] of files) await writeFileAtomic(join(temporary, name), bytes, replacing);
      await writeFileAtomic(join(temporary, manifestName), serializeManifest(state.step, files), replacing);
    },
    replacing,
  );
  await removeSurplus(folder, { newest: path, best: state.best?.step, keepLast: options.keepLast ?? 3 });
  return path;
}

/** Reads a checkpoint; throws CHECKPOINT_INVALID if any byte has changed since it was written. */
export async function readCheckpoint(path: string): Promise<TrainingState> {
  const manifest = await readManifest(path);
  const [tensors, facts] = await Promise.all([
    readListedFile(path, stateFileNames.tensors, manifest),
    readListedFile(path, stateFileNames.facts, manifest),
  ]);
  const state = await parseState({ tensors, facts: new TextDecoder().decode(facts) }, path);
  if (state.step !== manifest.step) throw checkpointError(path, "its files are from different steps.");
  return state;
}

/** The checkpoints of a folder, newest first, without reading them; empty if there is no such folder. */
export async function listCheckpoints(folder: string): Promise<readonly StoredCheckpoint[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw checkpointError(folder, "the folder cannot be listed.", { cause: error });
  });
  return names
    .flatMap((name) => {
      const step = folderName.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(folder, name), step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** The newest undamaged checkpoint, or undefined. Damaged ones are skipped with a warning. */
export async function latestCheckpoint(
  folder: string,
  options: LatestCheckpointOptions = {},
): Promise<(StoredCheckpoint & { readonly state: TrainingState }) | undefined> {
  refuseUnknownOptions("latestCheckpoint", options, latestNames);
  for (const checkpoint of await listCheckpoints(folder)) {
    try {
      return { ...checkpoint, state: await readCheckpoint(checkpoint.path) };
    } catch (error) {
      if (!LowrankError.isInstance(error, "CHECKPOINT_INVALID")) throw error;
      options.onWarning?.({ code: "CHECKPOINT_PASSED_OVER", message: `${error.message} Looking for an older one.` });
    }
  }
  return undefined;
}

/** The older checkpoints to remove, by the retention. `others` is newest first, as from `listCheckpoints`. */
export function surplusCheckpoints(
  others: readonly StoredCheckpoint[],
  { keepLast, best }: Retention,
): readonly StoredCheckpoint[] {
  return others.slice(Math.max(0, keepLast - 1)).filter(({ step }) => step !== best);
}

function filesOf(state: TrainingState, more: ReadonlyMap<string, Uint8Array | string>): Map<string, Uint8Array> {
  const { tensors, facts } = serializeState(state);
  const encoder = new TextEncoder();
  const files = new Map([
    [stateFileNames.tensors as string, tensors],
    [stateFileNames.facts as string, encoder.encode(facts)],
  ]);
  for (const [name, contents] of more) {
    if (!isPlainName(name) || files.has(name) || name === manifestName) {
      throw checkpointError(name, "a file of a checkpoint needs a unique plain name.");
    }
    files.set(name, typeof contents === "string" ? encoder.encode(contents) : contents);
  }
  return files;
}

/** A checkpoint that cannot be removed is left for the next save, because this save is complete. */
async function removeSurplus(
  folder: string,
  { newest, ...rule }: Retention & { readonly newest: string },
): Promise<void> {
  const checkpoints = await listCheckpoints(folder).catch(() => []);
  const others = checkpoints.filter(({ path }) => path !== newest);
  for (const { path } of surplusCheckpoints(others, rule)) await removeCheckpoint(path).catch(() => undefined);
}

/** Renames the folder first. If the process is killed in between, no partial checkpoint remains, and the next save removes the rest. */
async function removeCheckpoint(path: string): Promise<void> {
  const aside = await temporaryPath(path, "unfinished");
  await rename(path, aside);
  await rm(aside, { recursive: true });
}
