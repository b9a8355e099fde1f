// A GGUF file seen as transformers' weights: the names, and the row order of rotated projections.

import type { ModelConfig } from "@lowrank/families";
import { type GgufTable, ggufPlaceOf } from "@lowrank/families/gguf";
import { dequantizableTypes, dequantize, type GgufFile, type GgufSource } from "@lowrank/gguf";
import { ModelFileError } from "../../errors.ts";
import { halfKinds, packHalf } from "../pack-half.ts";
import type { SourceTensor, WeightSource } from "../weight-source.ts";
import { packGgufBlocks } from "./pack-gguf-blocks.ts";

export interface GgufContents {
  readonly table: GgufTable;
  readonly config: ModelConfig;
  readonly file: GgufFile;
  readonly source: GgufSource;
}

interface Entry extends SourceTensor {
  readonly type: string;
  readonly offset: number;
  /** Heads whose rows must be put back in order. */
  readonly permutedHeads?: number;
}

export function ggufWeights({ table, config, file, source }: GgufContents): WeightSource {
  const tensors = new Map<string, Entry>();
  for (const [name, { type, shape, offset, byteLength }] of file.tensors) {
    const place = ggufPlaceOf(table, name);
    const isReadable = dequantizableTypes.includes(type);
    const permutedHeads = place?.permutedRows === undefined ? {} : { permutedHeads: config[place.permutedRows] };
    tensors.set(place?.path ?? name, { type, dtype: type, shape, offset, byteLength, isReadable, ...permutedHeads });
  }
  const find = (name: string): Entry => {
    const entry = tensors.get(name);
    if (entry === undefined) throw new ModelFileError(source.name, name, "there is no such tensor");
    return entry;
  };
  return {
    name: source.name,
    advice:
      `The file's metadata says what tensors it needs; they may be of the types ${dequantizableTypes.join(", ")}. ` +
      "llama.cpp's llama-quantize --allow-requantize writes a file in another type.",
    tensors,
    readBytes(name, range) {
      const { offset, byteLength } = find(name);
      return source.read(offset + (range?.offset ?? 0), range?.length ?? byteLength);
    },
    decode(name, bytes) {
      const { type, shape, permutedHeads } = find(name);
      const count = shape.reduce((product, size) => product * size, 1);
      const values = dequantize(bytes, type, count);
      return permutedHeads === undefined ? values : unpermuteRows(values, shape[0] ?? 0, permutedHeads);
    },
    pack(name, bytes) {
      const { type, shape, permutedHeads } = find(name);
      const [rows = 0, columns = 0] = shape;
      const storedRow = (row: number) => (permutedHeads === undefined ? row : permutedRow(row, rows, permutedHeads));
      const kind = halfKinds.get(type);
      if (kind === undefined) return packGgufBlocks(bytes, { type, rows, columns, storedRow });
      const stored = packHalf(bytes, { kind, rows, columns });
      if (permutedHeads === undefined) return stored;
      const bits = reorderRows(stored.bits, new Uint16Array(stored.bits.length), { rows, storedRow });
      return { ...stored, bits };
    },
    close: async () => {},
  };
}

/**
 * GGUF keeps the rows of a rotated projection so that neighbours turn together, [heads, headSize/2, 2]; transformers
 * turns halves, [heads, 2, headSize/2].
 */
export function unpermuteRows(values: Float32Array, rows: number, heads: number): Float32Array {
  const storedRow = (row: number) => permutedRow(row, rows, heads);
  return reorderRows(values, new Float32Array(values.length), { rows, storedRow });
}

/** Where the file has a row. */
function permutedRow(row: number, rows: number, heads: number): number {
  const headSize = rows / heads;
  const half = headSize / 2;
  const within = row % headSize;
  return row - within + (within % half) * 2 + Math.floor(within / half);
}

/** Copies rows into `ordered`, which it returns. */
function reorderRows<Numbers extends Float32Array | Uint16Array>(
  values: Numbers,
  ordered: Numbers,
  { rows, storedRow }: { readonly rows: number; readonly storedRow: (row: number) => number },
): Numbers {
  const width = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const stored = storedRow(row);
    ordered.set(values.subarray(stored * width, (stored + 1) * width), row * width);
  }
  return ordered;
}
