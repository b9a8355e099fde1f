// The exported folder on disk: complete, or not there.

import { realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { type FileSystem, writeFileAtomic, writeListedFolder } from "@lowrank/safetensors/node";
import { OutputIsSourceError } from "../export/errors.ts";
import { planFiles } from "../export/export-files.ts";
import type { ExportableModel, ExportDtype, ExportOptions } from "../export/exportable-model.ts";
import { diskFolder } from "./disk-folder.ts";

/** How a model folder is written. */
export interface WriteModelFolderOptions {
  readonly model: ExportableModel;
  /** The folder that the model was loaded from; for a GGUF base, see `ExportOptions.source`. */
  readonly sourceFolder: string | ExportOptions["source"];
  /** A folder whose tokenizer is written in place of the base's: that of an adapter with tokens of its own. */
  readonly tokenizerFolder?: string;
  /** A merge that is to be computed while the model is written (`planMerge`). */
  readonly merge?: ExportOptions["merge"];
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

const optionNames: OptionNames<WriteModelFolderOptions> = {
  model: true,
  sourceFolder: true,
  tokenizerFolder: true,
  merge: true,
  dtype: true,
  labelNames: true,
  texts: true,
  overwrite: true,
  fileSystem: true,
};

/**
 * Writes a model – merged or not – as a Hugging Face folder, tensor by tensor. The folder appears whole or not at all.
 *
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
export async function writeModelFolder(path: string, options: WriteModelFolderOptions): Promise<void> {
  refuseUnknownOptions("writeModelFolder", options, optionNames);
  const {
    model,
    sourceFolder,
    tokenizerFolder,
    merge,
    dtype,
    labelNames,
    texts,
    overwrite = false,
    fileSystem,
  } = options;
  const source = typeof sourceFolder === "string" ? diskFolder(sourceFolder) : sourceFolder;
  if ("name" in source) await refuseToReplace(source.name, path);
  if (tokenizerFolder !== undefined) await refuseToReplace(tokenizerFolder, path);
  const plan = await planFiles(model, {
    source,
    ...(tokenizerFolder === undefined ? {} : { tokenizer: diskFolder(tokenizerFolder) }),
    ...(merge === undefined ? {} : { merge }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(labelNames === undefined ? {} : { labelNames }),
    ...(texts === undefined ? {} : { texts }),
  });
  const system = fileSystem === undefined ? {} : { fileSystem };
  // Nobody else sees the folder until it is complete: nothing is there that a file could replace.
  const inside = { ...system, overwrite: true };
  try {
    await writeListedFolder(
      path,
      async (folder) => {
        for (const { name, contents } of plan.files) await writeFileAtomic(join(folder, name), contents(), inside);
      },
      { overwrite, ...system },
    );
  } finally {
    await plan.close();
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
