// Reads a file in memory, synchronously.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type ReadOptions, readOptionNames } from "../byte-source.ts";
import { type HeaderContent, headerLength, parseHeader } from "../header/header.ts";
import { decodeToFloat32, decodeToInt32 } from "../numbers/decode.ts";
import { tensorIn } from "./tensor-collection.ts";

/** A file in memory. */
export interface ParsedSafetensors extends HeaderContent {
  /** Offset of the data buffer in the file. */
  readonly dataStart: number;
  /** A view of a tensor's bytes. */
  bytes(name: string): Uint8Array;
  /** A tensor as float32 (see `decodeToFloat32`). */
  float32(name: string): Float32Array;
  /** An integer or boolean tensor as int32. */
  int32(name: string): Int32Array;
}

/** Options of `parseSafetensors`. */
interface ParseOptions extends ReadOptions {
  /** The file's name in messages. */
  readonly name?: string;
}

const optionNames: OptionNames<ParseOptions> = { ...readOptionNames, name: true };

/**
 * Parses a safetensors file in memory; `name` is used in messages.
 *
 * @throws {SafetensorsError} as `openSafetensors`.
 */
export function parseSafetensors(file: Uint8Array, options: ParseOptions = {}): ParsedSafetensors {
  refuseUnknownOptions("parseSafetensors", options, optionNames);
  const fileName = options.name ?? "bytes in memory";
  const dataStart = 8 + headerLength(file.subarray(0, 8), { name: fileName, size: file.length }, options);
  const location = { file: fileName, dataBytes: file.length - dataStart };
  const { metadata, tensors } = parseHeader(file.subarray(8, dataStart), location, options);

  const find = (name: string) => tensorIn(tensors, name, fileName);
  const bytes = (name: string): Uint8Array => {
    const { begin, end } = find(name);
    return file.subarray(dataStart + begin, dataStart + end);
  };
  return {
    metadata,
    tensors,
    dataStart,
    bytes,
    float32: (name) => decodeToFloat32(bytes(name), find(name).dtype, { file: fileName, tensor: name }),
    int32: (name) => decodeToInt32(bytes(name), find(name).dtype, { file: fileName, tensor: name }),
  };
}
