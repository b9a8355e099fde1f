// Writes files: the header is known before the data, so a file of any size can be made in one pass.

import { printable } from "@lowrank/contracts/internal";
import type { TensorInfo } from "../byte-source.ts";
import { SafetensorsError } from "../errors.ts";
import type { TensorData } from "../numbers/encode.ts";
import { layoutSafetensors, type TensorOutline } from "./layout.ts";

/** A tensor whose bytes are made during writing, in pieces of any size. */
export interface StreamedTensor extends TensorOutline {
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The target of a file: a socket, a stream, a file. Each write is awaited before the next. */
export interface ByteTarget {
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Makes a file in memory. The same tensors and metadata always give the same bytes as the reference writer.
 *
 * @throws {SafetensorsError} `InvalidTensorView` if a tensor's bytes do not fit its shape; else as `layoutSafetensors`.
 *
 * @example
 * ```ts
 * import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
 *
 * const weight = float32Tensor([2, 2], Float32Array.of(1, 2, 3, 4));
 * const bytes = serializeSafetensors(new Map([["weight", weight]]), new Map([["format", "pt"]]));
 * ```
 */
export function serializeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata?: ReadonlyMap<string, string>,
): Uint8Array {
  return joinPieces(safetensorsPieces(tensors, metadata));
}

/** The same file in pieces: the header, then each tensor's bytes, uncopied. Throws like `serializeSafetensors`. */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, TensorData>,
  metadata?: ReadonlyMap<string, string>,
): readonly Uint8Array[] {
  const outlines = Array.from(tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const layout = layoutSafetensors(outlines, metadata);
  const pieces = layout.tensors.map((info) => {
    const { data } = tensors.get(info.name) ?? { data: new Uint8Array() };
    checkLength(info, data.length);
    return data;
  });
  return [layout.head, ...pieces];
}

/** Concatenates bytes. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/**
 * The bytes of a file in order, with one piece in memory at a time. The pieces of tensors are read in the
 * order of the file (see `layoutSafetensors`), not in the order given. Bytes before `from` are not yielded.
 *
 * @throws {SafetensorsError} `InvalidTensorView` if the pieces of a tensor have more or fewer bytes than its shape;
 * what was yielded until then is no valid file.
 */
export async function* safetensorsChunks(
  tensors: Iterable<StreamedTensor>,
  metadata?: ReadonlyMap<string, string>,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const byName = new Map<string, StreamedTensor>();
  const outlines: StreamedTensor[] = [];
  for (const tensor of tensors) {
    outlines.push(tensor);
    byName.set(tensor.name, tensor);
  }
  const layout = layoutSafetensors(outlines, metadata);
  if (from < layout.head.length) yield layout.head.subarray(from);
  for (const info of layout.tensors) {
    const start = layout.head.length + info.begin;
    // Tensors before `from` are not made; one that contains `from` is made from its start.
    if (from >= layout.head.length + info.end) continue;
    let written = 0;
    for await (const piece of byName.get(info.name)?.pieces() ?? []) {
      const offset = start + written;
      written += piece.length;
      if (written > info.end - info.begin) checkLength(info, written);
      if (offset + piece.length > from) yield offset >= from ? piece : piece.subarray(from - offset);
    }
    checkLength(info, written);
  }
}

/** Writes a file to a target piece by piece (see `safetensorsChunks`). Returns its size in bytes. */
export async function writeSafetensors(
  target: ByteTarget,
  tensors: Iterable<StreamedTensor>,
  metadata?: ReadonlyMap<string, string>,
): Promise<number> {
  let size = 0;
  for await (const chunk of safetensorsChunks(tensors, metadata)) {
    await target.write(chunk);
    size += chunk.length;
  }
  return size;
}

function checkLength(info: TensorInfo, length: number): void {
  const wanted = info.end - info.begin;
  if (length === wanted) return;
  const problem = `Tensor "${printable(info.name)}" (${info.dtype}, shape [${info.shape.join(", ")}]) needs ${wanted} bytes, got ${length}${length > wanted ? " or more" : ""}.`;
  throw new SafetensorsError("InvalidTensorView", problem, { tensor: info.name });
}
