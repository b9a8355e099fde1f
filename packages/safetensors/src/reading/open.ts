// Opens one file; only the header is read immediately.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type ByteSource, type ReadOptions, readExactly, readOptionNames } from "../byte-source.ts";
import { headerLength, parseHeader } from "../header/header.ts";
import { LocatedTensors, type TensorCollection } from "./tensor-collection.ts";

/** An open safetensors file. */
export interface SafetensorsFile extends TensorCollection {
  readonly source: ByteSource;
  /** Offset of the data buffer in the file. */
  readonly dataStart: number;
}

/**
 * Opens a safetensors file: reads and checks its header, and reads tensors on request.
 *
 * @throws {SafetensorsError} with the reference implementation's name of the failure as `code`.
 *
 * @example
 * ```ts
 * import { bytesSource, float32Tensor, openSafetensors, serializeSafetensors } from "@lowrank/safetensors";
 *
 * const bytes = serializeSafetensors(new Map([["weight", float32Tensor([2], Float32Array.of(1, 2))]]));
 * const file = await openSafetensors(bytesSource(bytes));
 * const weight = await file.readFloat32("weight"); // Float32Array [1, 2]
 * ```
 */
export async function openSafetensors(source: ByteSource, options: ReadOptions = {}): Promise<SafetensorsFile> {
  refuseUnknownOptions("openSafetensors", options, readOptionNames);
  const prefix = await readExactly(source, 0, Math.min(8, source.size));
  const length = headerLength(prefix, source, options);
  const dataStart = 8 + length;
  const location = { file: source.name, dataBytes: source.size - dataStart };
  const { metadata, tensors } = parseHeader(await readExactly(source, 8, length), location, options);
  const located = new Map(Array.from(tensors, ([name, info]) => [name, { info, source, dataStart }]));
  return Object.assign(new LocatedTensors(located, metadata, [source]), { source, dataStart });
}
