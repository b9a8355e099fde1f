// The source of a model's files: a folder on disk, a web server, memory. The loader knows only this interface.

import { parseJson } from "@lowrank/contracts/internal";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { modelFileError } from "../errors.ts";

/** A folder of plain files, named without any path. */
export interface ModelFolder {
  /** For messages: a path or an address. */
  readonly name: string;
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  /** The file as UTF-8 text; a file larger than `maxBytes` is refused before it is read. */
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  /** Opens a file for ranged reads; the caller closes it. */
  open(file: string): Promise<ByteSource>;
}

/** config.json, index files and the like: real ones are below 3 MB. */
const maxJsonBytes = 10_000_000;

/** Refuses names that could leave the folder. */
export function checkFileName(folder: string, file: string): void {
  const plain = file.length > 0 && file.length <= 255 && !/[/\\\0]/.test(file) && file !== "." && file !== "..";
  if (!plain) throw modelFileError(folder, file, "a plain file name is expected, without any path");
}

/** Reads a JSON object. Its fields are not checked. */
export async function readJsonObject(folder: ModelFolder, file: string): Promise<Record<string, unknown>> {
  if (!(await folder.has(file))) throw modelFileError(folder.name, file, "there is no such file");
  const text = await folder.readText(file, { maxBytes: maxJsonBytes });
  const value = parseJson(text, {
    refuse: (reason, cause) => modelFileError(folder.name, file, `it ${reason}`, { cause }),
  });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw modelFileError(folder.name, file, "a JSON object is expected");
  }
  // The check above justifies it: keys are strings, values stay unknown.
  return value as Record<string, unknown>;
}

/** Decodes UTF-8; throws MODEL_FILE for invalid bytes. */
export function decodeText(folder: string, file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw modelFileError(folder, file, "it is not UTF-8 text", { cause });
  }
}
