// Matrices of 16-bit floats, kept as the file has them.

import type { HalfMatrix } from "@lowrank/engine";

/** Kinds of 16-bit floats by their names in files. */
export const halfKinds: ReadonlyMap<string, HalfMatrix["kind"]> = new Map([
  ["F16", "f16"],
  ["BF16", "bf16"],
] as const);

/** The numbers of a file's bytes, which may lie anywhere in a larger buffer. */
export function packHalf(
  bytes: Uint8Array,
  { kind, rows, columns }: Pick<HalfMatrix, "kind" | "rows" | "columns">,
): HalfMatrix {
  // A copy where the bytes are a view: it would keep all of the file in memory.
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return { kind, rows, columns, bits: new Uint16Array(own.buffer, own.byteOffset, rows * columns) };
}

/** float32 numbers rounded to the nearest bf16, to the even one halfway; NaN stays NaN. */
export function packBf16(
  values: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): HalfMatrix {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0;
    const isNotANumber = (word & 0x7fffffff) > 0x7f800000;
    bits[index] = isNotANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return { kind: "bf16", rows, columns, bits };
}
