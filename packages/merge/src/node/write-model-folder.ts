// The exported folder on disk: complete, or not there.

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import {
  type DraftRequest,
  type FileSystem,
  FolderDraft,
  type WrittenFile,
  writeFileAtomic,
  writeListedFolder,
} from "@lowrank/safetensors/node";
import { OutputIsSourceError } from "../export/errors.ts";
import type { ExportFile } from "../export/export-file.ts";
import { planFiles } from "../export/export-files.ts";
import type { ExportableModel, ExportDtype, ExportOptions } from "../export/exportable-model.ts";
import type { PlannedMerge } from "../export/planned-merge.ts";
import { diskFolder } from "./disk-folder.ts";

/** How a model folder is written. */
export interface WriteModelFolderOptions {
  readonly model: ExportableModel;
  /** The folder that the model was loaded from; for a GGUF base, see `ExportOptions.source`. */
  readonly sourceFolder: string | ExportOptions["source"];
  /** A folder whose tokenizer is written in place of the base's: that of an adapter with tokens of its own. */
  readonly tokenizerFolder?: string;
  /** A merge that is to be computed while the model is written (`planMerge`). */
  readonly merge?: PlannedMerge;
  /** Hears by how much a planned merge's tensors are rounded, as of `exportFiles`. */
  readonly onRounded?: NonNullable<ExportOptions["onRounded"]>;
  /**
   * Writes a draft beside the folder, which a killed process's successor can go on with (`FolderDraft` of
   * `@lowrank/safetensors/node`). Absent: nobody can, and what a killed one left goes with the next.
   */
  readonly draft?: DraftRequest;
  /** Looks at the complete folder before it takes its place; if it throws, it never does. */
  readonly check?: (folder: string) => Promise<void>;
  /** After each piece that was written, or need not be written again. */
  readonly onProgress?: (progress: WritingProgress) => void;
  /** Default "F32": what is written is what was computed. */
  readonly dtype?: ExportDtype;
  /** Names of a classifier's classes, where the base's own configuration does not have them: one for each. */
  readonly labelNames?: readonly string[];
  /** Further texts to write, by file name, which may lie in a folder ("1_Pooling/config.json"). */
  readonly texts?: ReadonlyMap<string, string>;
  /**
   * Replace a folder that an earlier call wrote, which its `.lowrank.json` says: the files that it lists go, and others
   * stay. Default false.
   */
  readonly overwrite?: boolean;
  /** Stands in for the disk in tests. */
  readonly fileSystem?: FileSystem;
}

/** How far writing is. */
export interface WritingProgress {
  /** Bytes written so far, of all files. */
  readonly bytes: number;
  readonly total: number;
}

const optionNames: OptionNames<WriteModelFolderOptions> = {
  model: true,
  sourceFolder: true,
  tokenizerFolder: true,
  merge: true,
  onRounded: true,
  draft: true,
  check: true,
  onProgress: true,
  dtype: true,
  labelNames: true,
  texts: true,
  overwrite: true,
  fileSystem: true,
};

/**
 * Writes a model – merged or not – as a Hugging Face folder, tensor by tensor. The folder appears whole or not at all.
 *
 * @returns its files, but for `.lowrank.json`
 * @throws OutputIsSourceError, OutputExistsError, NotReplaceableError, ExportOverflowError, SourceFolderError, DiskFullError
 *
 * @example
 * ```ts
 * import type { ExportableModel } from "@lowrank/merge";
 * import { writeModelFolder } from "@lowrank/merge/node";
 *
 * export async function save(model: ExportableModel): Promise<void> {
 *   await writeModelFolder("runs/merged", { model, sourceFolder: "models/base" });
 * }
 * ```
 */
export async function writeModelFolder(
  path: string,
  options: WriteModelFolderOptions,
): Promise<readonly WrittenFile[]> {
  refuseUnknownOptions("writeModelFolder", options, optionNames);
  const {
    model,
    sourceFolder,
    tokenizerFolder,
    overwrite = false,
    fileSystem,
    draft,
    check = async () => {},
    onProgress,
    ...others
  } = options;
  const source = typeof sourceFolder === "string" ? diskFolder(sourceFolder) : sourceFolder;
  if ("name" in source) await refuseToReplace(source.name, path);
  if (tokenizerFolder !== undefined) await refuseToReplace(tokenizerFolder, path);
  const tokenizer = tokenizerFolder === undefined ? {} : { tokenizer: diskFolder(tokenizerFolder) };
  const plan = await planFiles(model, { source, ...tokenizer, ...others });
  const system = fileSystem === undefined ? {} : { fileSystem };
  const writing = { path, files: plan.files, onBytes: countBytes(plan.files, onProgress), check, overwrite, ...system };
  try {
    return await (draft === undefined ? writeAtOnce(writing) : writeByDraft(writing, draft));
  } finally {
    await plan.close();
  }
}

interface Writing {
  readonly path: string;
  readonly files: readonly ExportFile[];
  readonly onBytes: (bytes: number) => void;
  readonly check: (folder: string) => Promise<void>;
  readonly overwrite: boolean;
  readonly fileSystem?: FileSystem;
}

function countBytes(files: readonly ExportFile[], onProgress: WriteModelFolderOptions["onProgress"]) {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  return (bytes: number) => {
    done += bytes;
    onProgress?.({ bytes: done, total });
  };
}

async function writeAtOnce({ path, files, onBytes, check, ...onDisk }: Writing): Promise<readonly WrittenFile[]> {
  const written: WrittenFile[] = [];
  const fill = async (folder: string) => {
    for (const { name, bytes, contents } of files) {
      const hash = createHash("sha256");
      const hear = (piece: Uint8Array) => {
        hash.update(piece);
        onBytes(piece.length);
      };
      // Nobody else sees the folder until it is complete: nothing is there that a file could replace.
      await writeFileAtomic(join(folder, name), heard(contents(), hear), { ...onDisk, overwrite: true });
      written.push({ name, bytes, sha256: hash.digest("hex") });
    }
    await check(folder);
  };
  await writeListedFolder(path, fill, onDisk);
  return written;
}

async function* heard(pieces: AsyncIterable<Uint8Array>, hear: (piece: Uint8Array) => void) {
  for await (const piece of pieces) {
    hear(piece);
    yield piece;
  }
}

async function writeByDraft(
  { path, files, onBytes, check, ...onDisk }: Writing,
  request: DraftRequest,
): Promise<readonly WrittenFile[]> {
  const draft = await FolderDraft.open(path, request);
  try {
    const written: WrittenFile[] = [];
    for (const file of files) {
      onBytes(draft.kept(file.name));
      written.push(await draft.write(file, onBytes));
    }
    const fill = async (folder: string) => {
      await draft.moveInto(folder);
      await check(folder);
    };
    await writeListedFolder(path, fill, onDisk);
    return written;
  } finally {
    await draft.remove();
  }
}

async function refuseToReplace(source: string, output: string): Promise<void> {
  const [here, there] = await Promise.all([realPath(source), realPath(output)]);
  if (here === there || here.startsWith(there.endsWith(sep) ? there : there + sep))
    throw new OutputIsSourceError(output, source);
}

async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
