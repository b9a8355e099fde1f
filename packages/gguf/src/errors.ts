// Errors of GGUF files.

import { LowrankError } from "@lowrank/contracts";

/** Why a file was refused. */
export type GgufErrorCode =
  | "GGUF_NOT_GGUF"
  | "GGUF_VERSION_UNSUPPORTED"
  | "GGUF_TRUNCATED"
  | "GGUF_LIMIT_EXCEEDED"
  | "GGUF_METADATA_INVALID"
  | "GGUF_TENSOR_INVALID"
  | "GGUF_TYPE_UNSUPPORTED"
  | "GGUF_TENSOR_NOT_FOUND"
  | "GGUF_RANGE_INVALID"
  | "GGUF_SPLIT";

/** Where a failure happened. */
export interface GgufErrorLocation {
  /** The source's name. */
  readonly file?: string | undefined;
  readonly tensor?: string | undefined;
  /** The metadata key. */
  readonly key?: string | undefined;
  /** Byte offset in the file. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
}

/** A GGUF file or an access to its tensors is invalid. Download or convert the file again, or correct the access. */
export class GgufError extends LowrankError {
  declare readonly code: GgufErrorCode;
  readonly file: string | undefined;
  readonly tensor: string | undefined;
  readonly key: string | undefined;
  readonly offset: number | undefined;

  constructor(code: GgufErrorCode, problem: string, location: GgufErrorLocation = {}) {
    const where = location.file === undefined ? "" : `${location.file}: `;
    super(code, `${where}${problem}`, location.cause === undefined ? undefined : { cause: location.cause });
    this.file = location.file;
    this.tensor = location.tensor;
    this.key = location.key;
    this.offset = location.offset;
  }
}

/** Makes a name from a file safe to print: quoted, control characters escaped, at most 200 characters. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
