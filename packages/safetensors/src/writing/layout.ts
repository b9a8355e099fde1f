// Plans a file before writing: the order of tensors, their offsets, the header.

import { printable } from "@lowrank/contracts/internal";
import type { TensorInfo } from "../byte-source.ts";
import { bitsOf, type Dtype, layoutRank } from "../dtypes.ts";
import { SafetensorsError } from "../errors.ts";
import { countElements, labelOf } from "../header/check-layout.ts";
import { headerLimit } from "../header/header.ts";
import { hasLoneSurrogate } from "../header/json-reader.ts";

/** A tensor to be written, without its bytes. */
export interface TensorOutline {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The layout of a file. */
export interface FileLayout {
  /** The 8 bytes of the header's length, and the header. */
  readonly head: Uint8Array;
  /** In the order of their bytes. */
  readonly tensors: readonly TensorInfo[];
  /** Size of the whole file in bytes. */
  readonly size: number;
}

/**
 * Lays out a file like the reference writer: widest types first, then by name, no gaps, the header padded with spaces to a
 * multiple of 8, so that each tensor is aligned to its elements. The same input gives the same bytes.
 *
 * @throws {SafetensorsError} `InvalidTensorName`, `ValidationOverflow`, `MisalignedSlice` or `HeaderTooLarge`.
 */
export function layoutSafetensors(
  outlines: Iterable<TensorOutline>,
  metadata?: ReadonlyMap<string, string>,
): FileLayout {
  const sorted = [...outlines].sort(
    (left, right) => layoutRank(right.dtype) - layoutRank(left.dtype) || compareCodePoints(left.name, right.name),
  );
  checkNames(sorted);
  let begin = 0;
  const tensors = sorted.map(({ name, dtype, shape }): TensorInfo => {
    const end = begin + byteLengthOf({ name, dtype, shape });
    const info = { name, dtype, shape: [...shape], begin, end };
    begin = end;
    return info;
  });
  const head = buildHead(tensors, metadata);
  return { head, tensors, size: head.length + begin };
}

/** Bytes that a tensor of this type and shape takes. */
function byteLengthOf(outline: TensorOutline): number {
  const { name, dtype, shape } = outline;
  const bits = countElements(shape) * bitsOf(dtype);
  if (!Number.isSafeInteger(bits) || shape.some((dimension) => dimension < 0)) {
    const problem = `${labelOf(outline)} cannot be written: dimensions are non-negative integers, their product below 2⁵³.`;
    throw new SafetensorsError("ValidationOverflow", problem, { tensor: name });
  }
  if (bits % 8 === 0) return bits / 8;
  const problem = `${labelOf(outline)} cannot be written: it has ${bits} bits, which is not a whole number of bytes.`;
  throw new SafetensorsError("MisalignedSlice", problem, { tensor: name });
}

function checkNames(outlines: readonly TensorOutline[]): void {
  const seen = new Set<string>();
  for (const { name } of outlines) {
    const isBad = name === "__metadata__" || seen.has(name) || hasLoneSurrogate(name);
    if (isBad) {
      const problem = `A tensor cannot be named "${printable(name)}": names are unique, valid Unicode and not "__metadata__".`;
      throw new SafetensorsError("InvalidTensorName", problem, { tensor: name });
    }
    seen.add(name);
  }
}

function buildHead(tensors: readonly TensorInfo[], metadata: ReadonlyMap<string, string> | undefined): Uint8Array {
  const fields = tensors.map(
    ({ name, dtype, shape, begin, end }) =>
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`,
  );
  if (metadata !== undefined) fields.unshift(`"__metadata__":{${metadataFields(metadata).join(",")}}`);
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > headerLimit) {
    const problem = `The header would have ${padded} bytes; the format allows ${headerLimit}. Split the tensors over several files.`;
    throw new SafetensorsError("HeaderTooLarge", problem);
  }
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return head;
}

/** The reference writes metadata in hash map order; sorted order is one of these, and always the same. */
function metadataFields(metadata: ReadonlyMap<string, string>): string[] {
  const sorted = [...metadata].sort(([left], [right]) => compareCodePoints(left, right));
  return sorted.map(([key, value]) => {
    if (hasLoneSurrogate(key + value)) {
      throw new SafetensorsError("InvalidHeader", `The metadata entry "${printable(key)}" is not valid Unicode.`);
    }
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
}

/** Order of UTF-8 bytes, as in Rust; JavaScript's `<` puts characters beyond U+FFFF before U+E000. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return surrogatesLast(a) - surrogatesLast(b);
  }
  return left.length - right.length;
}

function surrogatesLast(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
