// Checkpoints as folders on a disk: each is complete or absent, and damage is noticed before anything is used.

import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type OptionNames, refuseUnknownOptions, type WarningListener } from "@lowrank/contracts";
import { type FileSystem, temporaryPath, writeFileAtomic, writeFolderAtomic } from "@lowrank/safetensors/node";
import { CheckpointError } from "../errors.ts";
import { parseState, serializeState, stateFileNames } from "../state/state-files.ts";
import type { TrainingState } from "../state/training-state.ts";
import { isPlainName, manifestName, readListedFile, readManifest, serializeManifest } from "./manifest.ts";

/** How to keep checkpoints. */
export interface WriteCheckpointOptions {
  /**
   * How many of the newest to keep; default 3. Older ones are removed once the new one is on the disk, but for that of
   * the state's best evaluation.
   */
  readonly keepLast?: number;
  /** More files to put into the folder, such as the adapter's: plain names with their contents. */
  readonly files?: ReadonlyMap<string, Uint8Array | string>;
  /** The disk; tests pass one that fails. */
  readonly fileSystem?: FileSystem;
}

const writeNames: OptionNames<WriteCheckpointOptions> = { keepLast: true, files: true, fileSystem: true };

/** A checkpoint on the disk. */
export interface StoredCheckpoint {
  readonly path: string;
  readonly step: number;
}

/** Which checkpoints stay. */
interface Retention {
  /** How many of the newest, the one that is being written counted. */
  readonly keepLast: number;
  /** The step of the best evaluation. */
  readonly best: number | undefined;
}

/** Where checkpoints were found wanting. */
export interface LatestCheckpointOptions {
  /** Told of each newer checkpoint that is damaged and passed over. */
  readonly onWarning?: WarningListener;
}

const latestNames: OptionNames<LatestCheckpointOptions> = { onWarning: true };

const folderName = /^checkpoint-(\d{1,15})$/;

/**
 * Writes `folder/checkpoint-<step>` with state.safetensors, trainer.json and a manifest of hashes; gives its path.
 *
 * The checkpoint appears as a whole or not at all, whatever happens, and an error leaves the older ones as they are.
 * Throws CheckpointError for a folder that cannot be made or a file name that is not plain, and the writing errors of `@lowrank/safetensors/node`.
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
    throw new CheckpointError(path, `the folder "${folder}" cannot be made.`, { cause });
  });
  // Also for the files: nobody else sees their folder until it is complete.
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

/** Reads a checkpoint; throws CheckpointError where any byte of it is not what was written. */
export async function readCheckpoint(path: string): Promise<TrainingState> {
  const manifest = await readManifest(path);
  const [tensors, facts] = await Promise.all([
    readListedFile(path, stateFileNames.tensors, manifest),
    readListedFile(path, stateFileNames.facts, manifest),
  ]);
  const state = await parseState({ tensors, facts: new TextDecoder().decode(facts) }, path);
  if (state.step !== manifest.step) throw new CheckpointError(path, "its files are from different steps.");
  return state;
}

/** The checkpoints of a folder, newest first, without looking into them; none if there is no such folder. */
export async function listCheckpoints(folder: string): Promise<readonly StoredCheckpoint[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new CheckpointError(folder, "the folder cannot be listed.", { cause: error });
  });
  return names
    .flatMap((name) => {
      const step = folderName.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(folder, name), step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** The newest checkpoint that is whole, or undefined; damaged ones are passed over with a warning. */
export async function latestCheckpoint(
  folder: string,
  options: LatestCheckpointOptions = {},
): Promise<(StoredCheckpoint & { readonly state: TrainingState }) | undefined> {
  refuseUnknownOptions("latestCheckpoint", options, latestNames);
  for (const checkpoint of await listCheckpoints(folder)) {
    try {
      return { ...checkpoint, state: await readCheckpoint(checkpoint.path) };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      options.onWarning?.({ code: "CHECKPOINT_PASSED_OVER", message: `${error.message} Looking for an older one.` });
    }
  }
  return undefined;
}

/** Those of older checkpoints, newest first as `listCheckpoints` gives them, that need not stay beside the new one. */
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
      throw new CheckpointError(name, "a file of a checkpoint needs a unique plain name.");
    }
    files.set(name, typeof contents === "string" ? encoder.encode(contents) : contents);
  }
  return files;
}

/** Whatever of them cannot be removed is left to the next save: this one is done. */
async function removeSurplus(
  folder: string,
  { newest, ...rule }: Retention & { readonly newest: string },
): Promise<void> {
  const checkpoints = await listCheckpoints(folder).catch(() => []);
  const others = checkpoints.filter(({ path }) => path !== newest);
  for (const { path } of surplusCheckpoints(others, rule)) await removeCheckpoint(path).catch(() => undefined);
}

/** Renamed first, so that a kill in the middle leaves nothing that looks like a checkpoint, and what the next save removes. */
async function removeCheckpoint(path: string): Promise<void> {
  const aside = await temporaryPath(path, "unfinished");
  await rename(path, aside);
  await rm(aside, { recursive: true });
}
