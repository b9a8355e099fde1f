// The text of a file of a model's folder.

import { ModelFileError } from "../errors.ts";

/** Bytes as UTF-8; throws ModelFileError for bytes that are none. */
export function decodeText(folder: string, file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelFileError(folder, file, "it is not UTF-8 text", { cause });
  }
}
