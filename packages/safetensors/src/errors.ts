// Errors of safetensors files.

import { LowrankError } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";

/**
 * Why a file was refused. The first eleven are the names that the reference implementation (Rust) uses for the same
 * failure, so that a search finds both.
 */
export type SafetensorsErrorCode =
  | "HeaderTooSmall"
  | "HeaderTooLarge"
  | "InvalidHeaderLength"
  | "InvalidHeader"
  | "InvalidHeaderDeserialization"
  | "InvalidOffset"
  | "ValidationOverflow"
  | "MisalignedSlice"
  | "TensorInvalidInfo"
  | "MetadataIncompleteBuffer"
  | "TensorNotFound"
  | "InvalidTensorView"
  | "InvalidTensorName"
  | "TooManyTensors"
  | "UnsupportedDtype"
  | "ValueOutOfRange"
  | "InvalidRange"
  | "IncompleteRead"
  | "InvalidIndex";

/** Where a failure happened. */
export interface SafetensorsErrorLocation {
  /** The source's name: a path, a URL, or what the caller called it. */
  readonly file?: string | undefined;
  readonly tensor?: string | undefined;
  /** Byte offset in the file, if known. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
}

/** A safetensors file or an access to its tensors is invalid. Download or write the file again, or correct the access. */
export class SafetensorsError extends LowrankError {
  declare readonly code: SafetensorsErrorCode;
  readonly file: string | undefined;
  readonly tensor: string | undefined;
  readonly offset: number | undefined;

  constructor(code: SafetensorsErrorCode, problem: string, location: SafetensorsErrorLocation = {}) {
    const where = location.file === undefined ? "" : `${printable(location.file)}: `;
    super(code, `${where}${problem}`, location.cause === undefined ? undefined : { cause: location.cause });
    this.file = location.file;
    this.tensor = location.tensor;
    this.offset = location.offset;
  }
}
