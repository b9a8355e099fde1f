// Writes generated files into one folder: completely, or not at all.

import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type DraftRequest,
  type FileSystem,
  FolderDraft,
  folderFiles,
  type WrittenFile,
  writeListedFolder,
} from "@lowrank/safetensors/internal/node";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { sourceFolderError } from "../export/errors.ts";
import type { ExportFile, SourceFolder } from "../export/exportable-model.ts";

interface WritingProgress {
  /** Bytes written so far, of all files. */
  readonly bytes: number;
  readonly total: number;
}

/** Options of `writeExportFolder`. */
export interface WriteExportFolderOptions {
  /**
   * Writes a draft next to the folder, so that another process can continue after a crash (`FolderDraft` of
   * `@lowrank/safetensors/node`). Absent: no process can continue, and the next call removes the remains.
   */
  readonly draft?: DraftRequest | undefined;
  /** Checks the complete folder before it is moved into place. If it throws, the folder is not moved. */
  readonly check?: ((folder: string) => Promise<void>) | undefined;
  /** Called after each piece that was written or is already in the draft. */
  readonly onProgress?: ((progress: WritingProgress) => void) | undefined;
  /**
   * Replace a folder that an earlier call wrote (it has `.lowrank.json`). The files listed there are removed, others are kept.
   * Default false.
   */
  readonly overwrite?: boolean | undefined;
  /** Replaces the disk in tests. */
  readonly fileSystem?: FileSystem | undefined;
}

/**
 * Writes the files one after another. The folder appears complete or not at all.
 *
 * @returns the files, without `.lowrank.json`
 * @throws OUTPUT_EXISTS, NOT_REPLACEABLE, DiskFullError, and errors of making the files
 *
 * @example
 * ```ts
 * import type { ExportableModel } from "@lowrank/merge/internal";
 * import { ggufModelFile } from "@lowrank/merge/gguf";
 * import { writeExportFolder } from "@lowrank/merge/node";
 *
 * export async function save(model: ExportableModel): Promise<void> {
 *   await writeExportFolder("runs/merged", [await ggufModelFile(model, { type: "Q8_0" })]);
 * }
 * ```
 */
export async function writeExportFolder(
  path: string,
  files: readonly ExportFile[],
  options: WriteExportFolderOptions = {},
): Promise<readonly WrittenFile[]> {
  const { draft, check = async () => {}, onProgress, overwrite = false, fileSystem } = options;
  const system = fileSystem === undefined ? {} : { fileSystem };
  const writing = { path, files, onBytes: countBytes(files, onProgress), check, overwrite, ...system };
  return draft === undefined ? writeAtOnce(writing) : writeByDraft(writing, draft);
}

interface Writing {
  readonly path: string;
  readonly files: readonly ExportFile[];
  readonly onBytes: (bytes: number) => void;
  readonly check: (folder: string) => Promise<void>;
  readonly overwrite: boolean;
  readonly fileSystem?: FileSystem;
}

function countBytes(files: readonly ExportFile[], onProgress: WriteExportFolderOptions["onProgress"]) {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let writtenBytes = 0;
  return (bytes: number) => {
    writtenBytes += bytes;
    onProgress?.({ bytes: writtenBytes, total });
  };
}

async function writeAtOnce({ path, files, onBytes, check, ...onDisk }: Writing): Promise<readonly WrittenFile[]> {
  const written: WrittenFile[] = [];
  const fill = async (folder: string) => {
    for (const { name, bytes, contents } of files) {
      const hash = createHash("sha256");
      const onPiece = (piece: Uint8Array) => {
        hash.update(piece);
        onBytes(piece.length);
      };
      // The folder is invisible until it is complete, so no file can replace another one.
      await writeFileAtomic(join(folder, name), observed(contents(), onPiece), { ...onDisk, overwrite: true });
      written.push({ name, bytes, sha256: hash.digest("hex") });
    }
    await check(folder);
  };
  await writeListedFolder(path, fill, onDisk);
  return written;
}

async function* observed(pieces: AsyncIterable<Uint8Array>, onPiece: (piece: Uint8Array) => void) {
  for await (const piece of pieces) {
    onPiece(piece);
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

/**
 * A folder on disk. Links are followed inside it, and to the blobs next to a snapshot in the Hub's cache. Its methods throw
 * SOURCE_FOLDER with the folder and the file.
 */
export function diskFolder(path: string): SourceFolder {
  const files = folderFiles(path, ({ file, reason, cause }) => {
    const problem = file === undefined ? `${reason}.` : `"${file}": ${reason}.`;
    return sourceFolderError(path, problem, cause === undefined ? undefined : { cause });
  });
  return { name: path, ...files };
}
