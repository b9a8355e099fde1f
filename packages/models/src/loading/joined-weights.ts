// Files hold some weights in pieces: a matrix for each expert, or 4-bit blocks and their scales (MXFP4). This source
// presents each weight as one tensor, with the bytes of its pieces one after the other.

import type { ModelConfig } from "@lowrank/contracts/families";
import { planBlocks, planStacks } from "@lowrank/contracts/families/checkpoint";
import { joinPieces } from "@lowrank/safetensors";
import type { ByteRange, SourceTensor, WeightSource } from "./weight-source.ts";

interface Joined {
  readonly pieces: readonly string[];
  readonly tensor: SourceTensor;
  decode(bytes: Uint8Array): Float32Array;
}

/** Returns the source itself if no weight is in pieces. */
export function joinWeights(source: WeightSource, config: ModelConfig): WeightSource {
  const joined = new Map([...stacksIn(source, config), ...mxfp4In(source)]);
  if (joined.size === 0) return source;
  const owners = new Map([...joined].flatMap(([name, { pieces }]) => pieces.map((piece) => [piece, name] as const)));
  const tensors = new Map<string, SourceTensor>();
  for (const [key, tensor] of source.tensors) {
    const owner = owners.get(key);
    if (owner === undefined) tensors.set(key, tensor);
    else tensors.set(owner, joined.get(owner)?.tensor ?? tensor);
  }
  return {
    name: source.name,
    advice: source.advice,
    tensors,
    async readBytes(name, range) {
      const pieces = joined.get(name)?.pieces;
      return pieces === undefined ? source.readBytes(name, range) : readPieces(source, pieces, range);
    },
    decode: (name, bytes, into) => joined.get(name)?.decode(bytes) ?? source.decode(name, bytes, into),
    pack: (name, bytes) => (joined.has(name) ? undefined : source.pack(name, bytes)),
    close: () => source.close(),
  };
}

/** Pieces [rows, columns] of one type and width, stacked: [experts, rows of an expert, columns]. */
function stacksIn(source: WeightSource, config: ModelConfig): readonly (readonly [string, Joined])[] {
  return [...planStacks(config, source.tensors.keys())].flatMap(([name, pieces]) => {
    const tensors = pieces.flatMap((piece) => source.tensors.get(piece) ?? []);
    const [first] = tensors;
    const isLike = ({ shape, dtype }: SourceTensor) =>
      shape.length === 2 && shape[1] === first?.shape[1] && dtype === first?.dtype;
    if (first === undefined || !tensors.every(isLike)) return [];
    const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    const shape = [config.experts, rows / config.experts, first.shape[1] ?? 0];
    const tensor = { ...first, shape, byteLength: bytesOf(tensors) };
    const decode = (bytes: Uint8Array) =>
      first.isDivisible === false ? decodePieces(source, pieces, bytes) : source.decode(pieces[0] ?? name, bytes);
    return [[name, { pieces, tensor, decode }]];
  });
}

/** Decodes the pieces one after another, if rows cannot be decoded separately (quantized experts). */
function decodePieces(source: WeightSource, pieces: readonly string[], bytes: Uint8Array): Float32Array {
  const values: Float32Array[] = [];
  let start = 0;
  for (const piece of pieces) {
    const end = start + (source.tensors.get(piece)?.byteLength ?? 0);
    values.push(source.decode(piece, bytes.subarray(start, end)));
    start = end;
  }
  const all = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of values) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function mxfp4In(source: WeightSource): readonly (readonly [string, Joined])[] {
  return [...planBlocks(source.tensors.keys())].flatMap(([name, pieces]) => {
    const [blocks, scales] = pieces.map((piece) => source.tensors.get(piece));
    const shape = blocks && scales && mxfp4Shape(blocks, scales);
    if (blocks === undefined || scales === undefined || shape === undefined) return [];
    const tensor = {
      shape,
      dtype: "MXFP4",
      byteLength: bytesOf([blocks, scales]),
      isReadable: true,
      isDivisible: false,
    };
    const decode = (bytes: Uint8Array) => decodeMxfp4(bytes, blocks.byteLength, shape);
    return [[name, { pieces, tensor, decode }]];
  });
}

function bytesOf(tensors: readonly SourceTensor[]): number {
  return tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

async function readPieces(
  source: WeightSource,
  pieces: readonly string[],
  range: ByteRange | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const piece of pieces) {
    const length = source.tensors.get(piece)?.byteLength ?? 0;
    const from = Math.max(0, (range?.offset ?? 0) - start);
    const to = Math.min(length, range === undefined ? length : range.offset + range.length - start);
    if (range === undefined) parts.push(await source.readBytes(piece));
    else if (from < to) parts.push(await source.readBytes(piece, { offset: from, length: to - from }));
    start += length;
  }
  return joinPieces(parts);
}

// MXFP4 of the Open Compute Project's Microscaling Formats, as GPT-OSS's files have it: 32 numbers of 4 bits under a power of two,
// two in a byte, the first in the low bits.

const levels = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const blockBytes = 16;

/** The shape of the stack [experts, columns, rows] that blocks [experts, rows, blocks, 16] and scales [experts, rows, blocks] hold. */
function mxfp4Shape(blocks: SourceTensor, scales: SourceTensor): readonly [number, number, number] | undefined {
  const [experts = 0, rows = 0, groups = 0, bytes] = blocks.shape;
  const isMxfp4 = blocks.shape.length === 4 && bytes === blockBytes && blocks.dtype === "U8" && scales.dtype === "U8";
  if (!isMxfp4 || scales.shape.join() !== `${experts},${rows},${groups}`) return undefined;
  return [experts, 2 * blockBytes * groups, rows];
}

/** `bytes`: all blocks, from `scalesAt` on all scales. In the order of `shape`, which is the file's with its last axes exchanged. */
export function decodeMxfp4(
  bytes: Uint8Array,
  scalesAt: number,
  [experts, columns, rows]: readonly [number, number, number],
): Float32Array {
  const values = new Float32Array(experts * columns * rows);
  const groups = columns / (2 * blockBytes);
  for (let line = 0; line < experts * rows; line++) {
    const start = Math.floor(line / rows) * columns * rows + (line % rows);
    for (let group = 0; group < groups; group++) {
      const block = line * groups + group;
      const scale = 2 ** ((bytes[scalesAt + block] ?? 0) - 127);
      for (let byteIndex = 0; byteIndex < blockBytes; byteIndex++) {
        const byte = bytes[block * blockBytes + byteIndex] ?? 0;
        const column = (group * blockBytes + byteIndex) * 2;
        values[start + column * rows] = (levels[byte & 15] ?? 0) * scale;
        values[start + (column + 1) * rows] = (levels[byte >> 4] ?? 0) * scale;
      }
    }
  }
  return values;
}
