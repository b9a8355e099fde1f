// A GGUF file's blocks in the engine's layout. Codes keep their values and scales their bits: nothing is decoded, so nothing
// is lost.

import type { BlockMatrix } from "@lowrank/engine";
import type { StoredRows, TypeReader } from "@lowrank/gguf";

/** The matrix, or undefined for a type that has no blocks. */
export function packGgufBlocks(bytes: Uint8Array, reader: TypeReader, place: StoredRows): BlockMatrix | undefined {
  const unpacked = reader.unpack(bytes, place);
  if (unpacked === undefined) return undefined;
  const { runSize: blockSize, ...rest } = unpacked;
  return { kind: "blocks", rows: place.rows, columns: place.columns, blockSize, ...rest };
}
