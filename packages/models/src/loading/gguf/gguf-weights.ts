// A GGUF file seen as transformers' weights: their names, and their numbers as transformers has them.

import type { ModelConfig } from "@lowrank/contracts/families";
import {
  type GgufChange,
  type GgufTable,
  ggufParameterOf,
  reorderRows,
  ropeFactorTensors,
  type StoredRow,
  storedRowOf,
} from "@lowrank/contracts/families/gguf";
import type { BlockMatrix } from "@lowrank/engine/internal";
import type { GgufFile } from "@lowrank/gguf";
import {
  dequantizableTypes,
  type GgufSource,
  type StoredRows,
  type TypeReader,
  typeReader,
} from "@lowrank/gguf/internal";
import { modelFileError } from "../../errors.ts";
import { halfKinds, packHalf } from "../pack-half.ts";
import { transposed } from "../transpose-table.ts";
import type { SourceTensor, WeightSource } from "../weight-source.ts";

export interface GgufContents {
  readonly table: GgufTable;
  readonly config: ModelConfig;
  readonly file: GgufFile;
  readonly source: GgufSource;
}

interface Entry extends SourceTensor {
  readonly type: string;
  readonly offset: number;
  readonly change: GgufChange | undefined;
  readonly storedRow: StoredRow | undefined;
}

/** Loads the decoders for the file's types. */
export async function ggufWeights({ table, config, file, source }: GgufContents): Promise<WeightSource> {
  const readers = await readersOf(file);
  const tensors = new Map<string, Entry>();
  for (const [name, { type, shape: stored, offset, byteLength }] of file.tensors) {
    if (ropeFactors.has(name)) continue; // part of the configuration
    const { path, change } = ggufParameterOf(table, name) ?? { path: name };
    const shape = shapeBefore(change, stored);
    const storedRow = storedRowOf(change, shape[0] ?? 0, config);
    const isReadable = readers.has(type);
    const isDivisible = change !== "transposed" && storedRow === undefined;
    const entry = { type, dtype: type, shape, offset, byteLength, isReadable, isDivisible, change, storedRow };
    for (const [piece, part] of expertsIn(path, entry, config)) tensors.set(piece, part);
  }
  const find = (name: string): Entry => {
    const entry = tensors.get(name);
    if (entry === undefined) throw modelFileError(source.name, name, "there is no such tensor");
    return entry;
  };
  const readerOf = (type: string): TypeReader => {
    const reader = readers.get(type);
    if (reader === undefined) throw modelFileError(source.name, type, "tensors of this type are not supported");
    return reader;
  };
  return {
    name: source.name,
    advice:
      `The file's metadata decides which tensors it needs. Supported types: ${dequantizableTypes.join(", ")}. ` +
      "llama.cpp's llama-quantize --allow-requantize writes a file in another type.",
    tensors,
    readBytes(name, range) {
      const { offset, byteLength } = find(name);
      return source.read(offset + (range?.offset ?? 0), range?.length ?? byteLength);
    },
    decode(name, bytes) {
      const { type, shape, byteLength, change, storedRow } = find(name);
      const [rows = 0] = shape;
      const size = shape.reduce((product, length) => product * length, 1);
      const count = Math.round((size * bytes.length) / byteLength);
      const values = readerOf(type).dequantize(bytes, count);
      if (change === "transposed") return transposed(values, rows);
      if (change === "plus-one") return values.map((value) => value - 1);
      return storedRow === undefined ? values : reorderRows(values, new Float32Array(count), { rows, storedRow });
    },
    pack(name, bytes) {
      const { type, shape, change, storedRow } = find(name);
      // Blocks run along the other axis then; taps are few.
      if (change === "transposed" || change === "one-channel") return undefined;
      const [rows = 0, columns = 0] = shape;
      const kind = halfKinds.get(type);
      const rowsHere = { rows, columns, ...(storedRow && { storedRow }) };
      if (kind === undefined) return packGgufBlocks(bytes, readerOf(type), rowsHere);
      const stored = packHalf(bytes, { kind, rows, columns });
      if (storedRow === undefined) return stored;
      const bits = reorderRows(stored.bits, new Uint16Array(stored.bits.length), { rows, storedRow });
      return { ...stored, bits };
    },
    close: async () => {},
  };
}

/** A stack of experts as a matrix for each of them, in the form of older folders; other tensors as they are. */
function expertsIn(path: string, entry: Entry, { experts }: ModelConfig): readonly (readonly [string, Entry])[] {
  const [count = 0, ...shape] = entry.shape;
  if (!path.includes("{e}") || count !== experts) return [[path, entry]];
  const byteLength = entry.byteLength / count;
  return Array.from({ length: count }, (_, expert) => {
    const offset = entry.offset + expert * byteLength;
    return [path.replace("{e}", String(expert)), { ...entry, shape, offset, byteLength }];
  });
}

/** transformers' shape of a tensor that the file has as `stored`. */
function shapeBefore(change: GgufChange | undefined, stored: readonly number[]): readonly number[] {
  if (change === "transposed") return [...stored].reverse();
  const [features = 0, ...taps] = stored;
  if (change !== "one-channel") return stored;
  return taps.length === 0 ? [1, features] : [features, 1, ...taps];
}

const ropeFactors: ReadonlySet<string> = new Set(ropeFactorTensors);

async function readersOf({ tensors }: GgufFile): Promise<ReadonlyMap<string, TypeReader>> {
  const types = [...new Set([...tensors.values()].map(({ type }) => type))];
  const readable = types.filter((type) => dequantizableTypes.includes(type));
  return new Map(await Promise.all(readable.map(async (type) => [type, await typeReader(type)] as const)));
}

// A GGUF file's blocks in the engine's layout. Codes keep their values and scales their bits: nothing is decoded, so nothing
// is lost.

/** The matrix, or undefined for a type that has no blocks. */
export function packGgufBlocks(bytes: Uint8Array, reader: TypeReader, rowsHere: StoredRows): BlockMatrix | undefined {
  const unpacked = reader.unpack(bytes, rowsHere);
  if (unpacked === undefined) return undefined;
  const { runSize: blockSize, ...rest } = unpacked;
  return { kind: "blocks", rows: rowsHere.rows, columns: rowsHere.columns, blockSize, ...rest };
}
