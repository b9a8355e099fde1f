// A GGUF file seen as transformers' weights: the names, and the row order of rotated projections.

import { type Family, ggufPlaceOf, type ModelConfig } from "@lowrank/families";
import { dequantizableTypes, dequantize, type GgufFile, type GgufSource } from "@lowrank/gguf";
import { ModelFileError } from "../errors.ts";
import type { SourceTensor, WeightSource } from "./weight-source.ts";

export interface GgufContents {
  readonly family: Family;
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

export function ggufWeights({ family, config, file, source }: GgufContents): WeightSource {
  const tensors = new Map<string, Entry>();
  for (const [name, { type, shape, offset, byteLength }] of file.tensors) {
    const place = ggufPlaceOf(family, name);
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
    close: async () => {},
  };
}

/**
 * GGUF keeps the rows of a rotated projection so that neighbours turn together, [heads, headSize/2, 2]; transformers
 * turns halves, [heads, 2, headSize/2].
 */
export function unpermuteRows(values: Float32Array, rows: number, heads: number): Float32Array {
  const width = values.length / rows;
  const headSize = rows / heads;
  const half = headSize / 2;
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / headSize);
    const within = row % headSize;
    const stored = head * headSize + (within % half) * 2 + Math.floor(within / half);
    ordered.set(values.subarray(stored * width, (stored + 1) * width), row * width);
  }
  return ordered;
}
