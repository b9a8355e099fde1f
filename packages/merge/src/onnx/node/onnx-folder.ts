// Opens and writes ONNX models on disk.

import { basename, dirname, join } from "node:path";
import { writeListedFolder } from "@lowrank/safetensors/internal/node";
import { openFile, writeFileAtomic } from "@lowrank/safetensors/node";
import type { OnnxFile } from "../change/edits.ts";
import { type OnnxModel, readOnnx } from "../model/onnx-model.ts";
import { onnxFileError } from "../wire/fields.ts";

/** A model from the disk. Close it after use. */
export interface OpenedOnnx extends OnnxModel {
  /** Closes the external files. */
  close(): Promise<void>;
}

/**
 * Reads a model's file. External files of weights are opened, and values are read when they are needed.
 *
 * @throws ONNX_FILE; FileReadError if a file is missing
 *
 * @example
 * ```ts
 * import { findSites } from "@lowrank/merge/onnx";
 * import { openOnnxFile } from "@lowrank/merge/onnx/node";
 *
 * export async function modulesOf(path: string): Promise<readonly string[]> {
 *   const model = await openOnnxFile(path);
 *   await model.close();
 *   return findSites(model).map(({ names }) => names[0] ?? "");
 * }
 * ```
 */
export async function openOnnxFile(path: string): Promise<OpenedOnnx> {
  const openOutside = (location: string) => openFile(join(dirname(path), location));
  const model = await readOnnx(await readModel(path), { name: basename(path), openOutside });
  const close = async () => {
    for (const source of model.outside.values()) await source.close?.();
  };
  return { ...model, close };
}

/** Maximum size of a protobuf message, in bytes. Larger models have their weights in an external file. */
const largestModel = 2 ** 31 - 1;

async function readModel(path: string): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    if (source.size > largestModel)
      throw onnxFileError(basename(path), "the file", `it has ${source.size} bytes, more than the limit of 2³¹`);
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

/**
 * Writes a model's files into a folder, which appears complete or not at all. `overwrite`: replace the files of an earlier call.
 *
 * @throws OUTPUT_EXISTS, NOT_REPLACEABLE, DiskFullError, ONNX_OVERFLOW
 */
export async function writeOnnxFolder(
  path: string,
  files: readonly OnnxFile[],
  options: { readonly overwrite?: boolean } = {},
): Promise<void> {
  const fill = async (folder: string) => {
    for (const { name, pieces } of files) await writeFileAtomic(join(folder, name), pieces(), { overwrite: true });
  };
  await writeListedFolder(path, fill, options);
}
