// The files that a tokenizer is read from.

import { isObject } from "@lowrank/contracts/internal";

/** Files that are read by name: a model folder on disk or at a URL (`ModelFolder` of `@lowrank/models` is one). */
export interface TextFiles {
  /** For messages. */
  readonly name: string;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  /** Opens a file as bytes, if supported; needed for SentencePiece's files, which are not text. */
  open?(file: string): Promise<OpenBytes>;
}

/** A file that is open (`ByteSource` of `@lowrank/safetensors` is one). */
interface OpenBytes {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** The text of a token, given as a text or an object with `content`; undefined for anything else. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value.content === "string" ? value.content : undefined;
}
