// Matrices of 16-bit floats, kept as the file has them.

import type { HalfMatrix } from "@lowrank/engine/internal";

/** Kinds of 16-bit floats by their names in files. */
export const halfKinds: ReadonlyMap<string, HalfMatrix["kind"]> = new Map([
  ["F16", "f16"],
  ["BF16", "bf16"],
] as const);

/** The numbers of a file's bytes, which may begin at any offset of a larger buffer. */
export function packHalf(
  bytes: Uint8Array,
  { kind, rows, columns }: Pick<HalfMatrix, "kind" | "rows" | "columns">,
): HalfMatrix {
  // A view is copied, because it would keep the whole file in memory.
  const unshared = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return { kind, rows, columns, bits: new Uint16Array(unshared.buffer, unshared.byteOffset, rows * columns) };
}
