// What a tokenizer is read from.

import { isObject } from "@lowrank/contracts";

/** What can be read by name: a model folder on disk or behind an address (`ModelFolder` of `@lowrank/models` is one). */
export interface TextFiles {
  /** For messages. */
  readonly name: string;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  /** Where bytes can be read as well: SentencePiece's files are no text. */
  open?(file: string): Promise<OpenBytes>;
}

/** A file that is open (`ByteSource` of `@lowrank/safetensors` is one). */
interface OpenBytes {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Its text; undefined for anything else. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value.content === "string" ? value.content : undefined;
}
