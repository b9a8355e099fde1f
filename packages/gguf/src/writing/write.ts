// Writes metadata and tensors as a GGUF file of version 3. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { GgufError, quoted } from "../errors.ts";
import { tensorTypeOfName } from "../tensor-types.ts";

/** A metadata value with its type in the file. */
export type WritableValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: "array"; readonly of: NumberType; readonly value: readonly number[] }
  | { readonly type: "array"; readonly of: "string"; readonly value: readonly string[] }
  /** From another file: the type number and the value (`GgufFile.readStoredMetadata`). */
  | { readonly type: "stored"; readonly bytes: Uint8Array };

type NumberType = keyof typeof numbers;

/** A tensor's entry in the header. */
interface GgufTensorOutline {
  /** "F32", "Q8_0", … */
  readonly type: string;
  /** Outermost axis first, like torch. */
  readonly shape: readonly number[];
}

/** A tensor to be written. */
export interface WritableTensor extends GgufTensorOutline {
  /** The encoded bytes, see `encodeValues`. */
  readonly bytes: Uint8Array;
}

/** A tensor whose bytes are made during writing, in pieces of any size. */
export interface StreamedGgufTensor extends GgufTensorOutline {
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const alignment = 32;
/** GGML_MAX_NAME − 1: llama.cpp cuts longer names and does not find them. */
const longestName = 63;

const numbers = {
  uint32: { id: 4, size: 4, set: (view: DataView, at: number, value: number) => view.setUint32(at, value, true) },
  int32: { id: 5, size: 4, set: (view: DataView, at: number, value: number) => view.setInt32(at, value, true) },
  float32: { id: 6, size: 4, set: (view: DataView, at: number, value: number) => view.setFloat32(at, value, true) },
  uint64: {
    id: 10,
    size: 8,
    set: (view: DataView, at: number, value: number) => view.setBigUint64(at, BigInt(value), true),
  },
} as const;

/**
 * The file in consecutive pieces. The tensors' bytes are not copied.
 *
 * @throws {GgufError} `GGUF_TENSOR_INVALID` for a name longer than llama.cpp keeps, or bytes that are not those of the shape.
 */
export function ggufPieces(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: ReadonlyMap<string, WritableTensor>,
): readonly Uint8Array[] {
  const { head, lengths } = layoutGguf(metadata, tensors);
  for (const [name, { bytes }] of tensors) checkLength(name, bytes.length, lengths);
  return [head, ...[...tensors.values()].flatMap(({ bytes }) => [bytes, padding(bytes.length)])].filter(
    ({ length }) => length > 0,
  );
}

/** The layout of a file without its tensors' bytes. */
interface GgufLayout {
  /** All bytes before the first tensor. */
  readonly head: Uint8Array;
  /** Bytes of each tensor. */
  readonly lengths: ReadonlyMap<string, number>;
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Plans a file with its tensors in the given order.
 *
 * @throws {GgufError} `GGUF_TENSOR_INVALID` for a name longer than llama.cpp keeps, or rows that are no whole blocks of the type.
 */
export function layoutGguf(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: ReadonlyMap<string, GgufTensorOutline>,
): GgufLayout {
  const lengths = new Map([...tensors].map(([name, tensor]) => [name, lengthOf(name, tensor)]));
  const parts = [new TextEncoder().encode("GGUF"), numberBytes("uint32", 3)];
  parts.push(numberBytes("uint64", tensors.size), numberBytes("uint64", metadata.size));
  for (const [key, value] of metadata) parts.push(textBytes(key), ...valueBytes(value));
  let offset = 0;
  for (const [name, { type, shape }] of tensors) {
    const sizes = [...shape].reverse().map((size) => numberBytes("uint64", size));
    const id = tensorTypeOfName(type)?.id ?? 0;
    parts.push(textBytes(name), numberBytes("uint32", shape.length), ...sizes);
    parts.push(numberBytes("uint32", id), numberBytes("uint64", offset));
    offset += padded(lengths.get(name) ?? 0);
  }
  const header = joined(parts);
  const head = joined([header, padding(header.length)]);
  return { head, lengths, size: head.length + offset };
}

/**
 * The bytes of a file in order, with one piece in memory at a time. Bytes before `from` are skipped.
 *
 * @throws {GgufError} as `layoutGguf`, and `GGUF_TENSOR_INVALID` for a tensor whose pieces have more or fewer bytes than its
 * shape.
 *
 * @example
 * ```ts
 * import { ggufChunks } from "@lowrank/gguf";
 * import { encodeValues } from "@lowrank/gguf/internal";
 *
 * const pieces = () => [encodeValues(Float32Array.of(1, 2), "F16"), encodeValues(Float32Array.of(3, 4), "F16")];
 * for await (const chunk of ggufChunks(new Map(), new Map([["output.weight", { type: "F16", shape: [2, 2], pieces }]])))
 *   if (chunk.length === 0) throw new Error("an empty piece");
 * ```
 */
export async function* ggufChunks(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: ReadonlyMap<string, StreamedGgufTensor>,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const { head, lengths } = layoutGguf(metadata, tensors);
  if (from < head.length) yield head.subarray(from);
  let start = head.length;
  for (const [name, tensor] of tensors) {
    const end = start + padded(lengths.get(name) ?? 0);
    // Tensors before `from` are not made; one that contains `from` is made from its start.
    if (from < end)
      for await (const piece of wholePieces(name, tensor, lengths)) {
        if (start + piece.length > from) yield start >= from ? piece : piece.subarray(from - start);
        start += piece.length;
      }
    start = end;
  }
}

/** A tensor's pieces and its padding. */
async function* wholePieces(
  name: string,
  tensor: StreamedGgufTensor,
  lengths: ReadonlyMap<string, number>,
): AsyncGenerator<Uint8Array> {
  let written = 0;
  for await (const piece of tensor.pieces()) {
    written += piece.length;
    if (written > (lengths.get(name) ?? 0)) break;
    if (piece.length > 0) yield piece;
  }
  checkLength(name, written, lengths);
  if (padded(written) > written) yield padding(written);
}

function lengthOf(name: string, { type, shape }: GgufTensorOutline): number {
  const stored = tensorTypeOfName(type);
  const count = shape.reduce((product, size) => product * size, 1);
  if (new TextEncoder().encode(name).length > longestName)
    throw invalid(name, `has a name longer than ${longestName} bytes, which llama.cpp cuts`);
  if (stored === undefined || (shape.at(-1) ?? 1) % stored.blockSize !== 0)
    throw invalid(name, `of type ${type} cannot have the shape [${shape.join(", ")}]`);
  return (count / stored.blockSize) * stored.blockBytes;
}

function checkLength(name: string, got: number, lengths: ReadonlyMap<string, number>): void {
  if (got !== lengths.get(name)) throw invalid(name, `has ${got} bytes; its type and shape need ${lengths.get(name)}`);
}

function invalid(tensor: string, problem: string): GgufError {
  return new GgufError("GGUF_TENSOR_INVALID", `The tensor ${quoted(tensor)} ${problem}.`, { tensor });
}

function valueBytes(value: WritableValue): readonly Uint8Array[] {
  if (value.type === "stored") return [value.bytes];
  if (value.type === "string") return [numberBytes("uint32", 8), textBytes(value.value)];
  if (value.type === "bool") return [numberBytes("uint32", 7), Uint8Array.of(value.value ? 1 : 0)];
  if (value.type !== "array")
    return [numberBytes("uint32", numbers[value.type].id), numberBytes(value.type, value.value)];
  const items = value.of === "string" ? textsBytes(value.value) : numbersBytes(value.of, value.value);
  const id = value.of === "string" ? 8 : numbers[value.of].id;
  return [numberBytes("uint32", 9), numberBytes("uint32", id), numberBytes("uint64", value.value.length), items];
}

/** Encodes a whole vocabulary in one piece: an array for each token would take a hundred times the memory. */
function textsBytes(texts: readonly string[]): Uint8Array {
  const max = texts.reduce((sum, text) => sum + 8 + 3 * text.length, 0); // a UTF-16 unit is at most three bytes
  const bytes = new Uint8Array(max);
  const view = new DataView(bytes.buffer);
  const encoder = new TextEncoder();
  let used = 0;
  for (const text of texts) {
    const { written } = encoder.encodeInto(text, bytes.subarray(used + 8));
    view.setBigUint64(used, BigInt(written), true);
    used += 8 + written;
  }
  return bytes.subarray(0, used);
}

function numbersBytes(type: NumberType, values: readonly number[]): Uint8Array {
  const { size, set } = numbers[type];
  const bytes = new Uint8Array(size * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) set(view, size * index, value);
  return bytes;
}

function numberBytes(type: NumberType, value: number): Uint8Array {
  return numbersBytes(type, [value]);
}

function textBytes(value: string): Uint8Array {
  return textsBytes([value]);
}

function padding(length: number): Uint8Array {
  return new Uint8Array(padded(length) - length);
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}
