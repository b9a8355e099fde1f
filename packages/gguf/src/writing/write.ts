// Metadata and tensors → a GGUF file of version 3. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { GgufError, quoted } from "../errors.ts";
import { tensorTypeOfName } from "../tensor-types.ts";

/** A metadata value with its type in the file. */
export type WritableValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: "array"; readonly of: NumberType; readonly value: readonly number[] }
  | { readonly type: "array"; readonly of: "string"; readonly value: readonly string[] };

type NumberType = keyof typeof numbers;

/** A tensor to be written. */
export interface WritableTensor {
  /** "F32", "Q8_0", …; the bytes are in it, see `encodeValues`. */
  readonly type: string;
  /** Outermost axis first, as torch counts. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const alignment = 32;
/** GGML_MAX_NAME − 1: longer names are cut by llama.cpp, and found no more. */
const longestName = 63;

const numbers = {
  uint32: { id: 4, size: 4, set: (view: DataView, value: number) => view.setUint32(0, value, true) },
  int32: { id: 5, size: 4, set: (view: DataView, value: number) => view.setInt32(0, value, true) },
  float32: { id: 6, size: 4, set: (view: DataView, value: number) => view.setFloat32(0, value, true) },
  uint64: { id: 10, size: 8, set: (view: DataView, value: number) => view.setBigUint64(0, BigInt(value), true) },
} as const;

/**
 * The file in pieces that follow one another; tensors' bytes are the caller's own, not copies.
 *
 * @throws {GgufError} `GGUF_TENSOR_INVALID` for a name longer than llama.cpp keeps, or bytes that are not those of the shape.
 *
 * @example
 * ```ts
 * import { encodeValues, ggufPieces } from "@lowrank/gguf";
 *
 * const pieces = ggufPieces(
 *   new Map([["general.architecture", { type: "string", value: "llama" }]]),
 *   new Map([["output.weight", { type: "F16", shape: [2, 2], bytes: encodeValues(Float32Array.of(1, 2, 3, 4), "F16") }]]),
 * );
 * const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0); // a multiple of 32
 * ```
 */
export function ggufPieces(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: ReadonlyMap<string, WritableTensor>,
): readonly Uint8Array[] {
  for (const [name, tensor] of tensors) check(name, tensor);
  const outline = [...tensors].map(([name, { type, shape, bytes }]) => ({ name, type, shape, length: bytes.length }));
  const header = headerOf(metadata, outline);
  return [header, ...[...tensors.values()].flatMap(({ bytes }) => [bytes, padding(bytes.length)])].filter(
    ({ length }) => length > 0,
  );
}

function headerOf(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: readonly {
    readonly name: string;
    readonly type: string;
    readonly shape: readonly number[];
    readonly length: number;
  }[],
): Uint8Array {
  const parts = [new TextEncoder().encode("GGUF"), numberBytes("uint32", 3)];
  parts.push(numberBytes("uint64", tensors.length), numberBytes("uint64", metadata.size));
  for (const [key, value] of metadata) parts.push(textBytes(key), ...valueBytes(value));
  let offset = 0;
  for (const { name, type, shape, length } of tensors) {
    const sizes = [...shape].reverse().map((size) => numberBytes("uint64", size));
    const id = tensorTypeOfName(type)?.id ?? 0;
    parts.push(textBytes(name), numberBytes("uint32", shape.length), ...sizes);
    parts.push(numberBytes("uint32", id), numberBytes("uint64", offset));
    offset += length + padding(length).length;
  }
  const header = joined(parts);
  return joined([header, padding(header.length)]);
}

function check(name: string, { type, shape, bytes }: WritableTensor): void {
  const stored = tensorTypeOfName(type);
  const count = shape.reduce((product, size) => product * size, 1);
  const isWhole = stored !== undefined && (shape.at(-1) ?? 1) % stored.blockSize === 0;
  const fits = isWhole && bytes.length * stored.blockSize === count * stored.blockBytes;
  const problem =
    new TextEncoder().encode(name).length > longestName
      ? `has a name longer than ${longestName} bytes, which llama.cpp cuts`
      : fits
        ? undefined
        : `cannot have the shape [${shape.join(", ")}] in ${bytes.length} bytes of type ${type}`;
  if (problem === undefined) return;
  throw new GgufError("GGUF_TENSOR_INVALID", `The tensor ${quoted(name)} ${problem}.`, { tensor: name });
}

function valueBytes(value: WritableValue): readonly Uint8Array[] {
  if (value.type === "string") return [numberBytes("uint32", 8), textBytes(value.value)];
  if (value.type === "bool") return [numberBytes("uint32", 7), Uint8Array.of(value.value ? 1 : 0)];
  if (value.type !== "array")
    return [numberBytes("uint32", numbers[value.type].id), numberBytes(value.type, value.value)];
  const items =
    value.of === "string" ? value.value.map(textBytes) : value.value.map((item) => numberBytes(value.of, item));
  const id = value.of === "string" ? 8 : numbers[value.of].id;
  return [numberBytes("uint32", 9), numberBytes("uint32", id), numberBytes("uint64", items.length), ...items];
}

function numberBytes(type: NumberType, value: number): Uint8Array {
  const { size, set } = numbers[type];
  const bytes = new Uint8Array(size);
  set(new DataView(bytes.buffer), value);
  return bytes;
}

function textBytes(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joined([numberBytes("uint64", bytes.length), bytes]);
}

function padding(length: number): Uint8Array {
  return new Uint8Array((alignment - (length % alignment)) % alignment);
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
