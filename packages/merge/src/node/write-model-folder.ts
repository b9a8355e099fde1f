// Writes an exported model to disk: completely, or not at all.

import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { isWithin, type WrittenFile } from "@lowrank/safetensors/internal/node";
import { outputIsSourceError } from "../export/errors.ts";
import { planFiles } from "../export/export-files.ts";
import type { ExportableModel, ExportOptions } from "../export/exportable-model.ts";
import { diskFolder, type WriteExportFolderOptions, writeExportFolder } from "./write-export-folder.ts";

/** Options of `writeModelFolder`: those of `exportFiles` and `writeExportFolder`. */
export interface WriteModelFolderOptions extends Omit<ExportOptions, "source" | "tokenizer">, WriteExportFolderOptions {
  readonly model: ExportableModel;
  /** The folder that the model was loaded from; for a GGUF base, see `ExportOptions.source`. */
  readonly sourceFolder: string | ExportOptions["source"];
  /** A folder whose tokenizer files replace the base's: for an adapter with its own tokens. */
  readonly tokenizerFolder?: string;
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
 * Writes a model, merged or not, as a Hugging Face folder, tensor by tensor. The folder appears complete or not at all.
 *
 * @returns its files, without `.lowrank.json`
 * @throws OUTPUT_IS_SOURCE, OUTPUT_EXISTS, NOT_REPLACEABLE, EXPORT_OVERFLOW, SOURCE_FOLDER, DiskFullError
 *
 * @example
 * ```ts
 * import type { ExportableModel } from "@lowrank/merge/internal";
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
    check,
    onProgress,
    ...others
  } = options;
  const source = typeof sourceFolder === "string" ? diskFolder(sourceFolder) : sourceFolder;
  if ("name" in source) await refuseToReplace(source.name, path);
  if (tokenizerFolder !== undefined) await refuseToReplace(tokenizerFolder, path);
  const tokenizer = tokenizerFolder === undefined ? {} : { tokenizer: diskFolder(tokenizerFolder) };
  const plan = await planFiles(model, { source, ...tokenizer, ...others });
  try {
    return await writeExportFolder(path, plan.files, { overwrite, fileSystem, draft, check, onProgress });
  } finally {
    await plan.close();
  }
}

async function refuseToReplace(source: string, output: string): Promise<void> {
  const [sourcePath, outputPath] = await Promise.all([realPath(source), realPath(output)]);
  if (isWithin(sourcePath, outputPath)) throw outputIsSourceError(output, source);
}

/** The writer resolves ".." before it follows links, unlike the file system. */
async function realPath(path: string): Promise<string> {
  return realpath(resolve(path)).catch(() => resolve(path));
}
