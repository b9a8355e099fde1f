// Converts stored tensors to float32, bit for bit like ggml: a scale and its product with a level are exact in float32 or rounded
// once, and so is the sum with a minimum. Source: ggml-quants.c, dequantize_row_*.

import { f16Values } from "@lowrank/contracts/internal";
import { GgufError } from "./errors.ts";
import { type BlockFormat, type BlockFormats, uint16At } from "./formats/block-format.ts";
import { kQuantFormats } from "./formats/k-quants.ts";
import { legacyFormats } from "./formats/legacy.ts";
import { ternaryFormats, unevenFormats } from "./formats/uneven-levels.ts";
import { type TensorType, tensorTypeOfName } from "./tensor-types.ts";
import { roomFor, type StoredRows, type UnpackedBlocks, unpackBlocks } from "./unpack-blocks.ts";

const formats: ReadonlyMap<string, BlockFormat> = new Map(
  Object.entries({ ...legacyFormats, ...kQuantFormats, ...unevenFormats, ...ternaryFormats }),
);

/** Types whose tables are loaded on demand: 12 kB that most files do not need. */
const gridTypes: readonly string[] = ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"];

export const blockTypes: readonly string[] = [...formats.keys(), ...gridTypes];

let gridFormats: Promise<BlockFormats> | undefined;

/** The format of a type; loads its tables if it needs some. */
async function loadBlockFormat(type: string): Promise<BlockFormat | undefined> {
  if (!gridTypes.includes(type)) return formats.get(type);
  gridFormats ??= import("./formats/grids/grid-formats.ts").then(({ makeGridFormats }) => makeGridFormats());
  return (await gridFormats)[type];
}

type Read = (view: DataView, values: Float32Array) => void;

/** Types that are not quantized. */
const plainTypes: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["F32", (view, values) => each(values, (index) => view.getFloat32(index * 4, true))],
  ["F16", readF16],
  ["BF16", readBf16],
]);

/** Names of the types that can be dequantized. */
export const dequantizableTypes: readonly string[] = [...plainTypes.keys(), ...blockTypes];

/** Reads tensors of one type. */
export interface TypeReader {
  /** Like `dequantize`. */
  dequantize(bytes: Uint8Array, count: number): Float32Array;
  /** Codes and scales separately, without rounding; undefined for a type without them. Throws GgufError `GGUF_RANGE_INVALID`. */
  unpack(bytes: Uint8Array, rows: StoredRows): UnpackedBlocks | undefined;
}

/**
 * Converts the bytes of `count` elements to float32.
 *
 * @throws {GgufError} `GGUF_TYPE_UNSUPPORTED` for a type that is not among `dequantizableTypes`, and for the IQ1, IQ2 and IQ3
 * types, whose tables `typeReader` loads first; `GGUF_RANGE_INVALID` if the bytes are not those of `count` elements.
 *
 * @example
 * ```ts
 * import { dequantize } from "@lowrank/gguf";
 *
 * const block = new Uint8Array(34); // scale (F16) and 32 signed bytes
 * block.set([0x00, 0x38, 3, 0xff]); // scale 0.5, then 3 and −1
 * const values = dequantize(block, "Q8_0", 32); // Float32Array [1.5, -0.5, 0, …]
 * ```
 */
export function dequantize(bytes: Uint8Array, type: string, count: number): Float32Array {
  if (!gridTypes.includes(type)) return readerOf(type, formats.get(type)).dequantize(bytes, count);
  const problem = `The tables of type ${type} are not loaded; use (await typeReader("${type}")).dequantize(bytes, count).`;
  throw new GgufError("GGUF_TYPE_UNSUPPORTED", problem);
}

/**
 * A reader for tensors of a type; loads the tables that it needs.
 *
 * @throws {GgufError} `GGUF_TYPE_UNSUPPORTED` for a type that is not among `dequantizableTypes`.
 */
export async function typeReader(type: string): Promise<TypeReader> {
  return readerOf(type, await loadBlockFormat(type));
}

function readerOf(type: string, format: BlockFormat | undefined): TypeReader {
  const stored = tensorTypeOfName(type);
  const read = plainTypes.get(type);
  if (stored === undefined || (read === undefined && format === undefined)) {
    const problem = `Tensors of type ${type} cannot be dequantized; supported are ${dequantizableTypes.join(", ")}.`;
    throw new GgufError("GGUF_TYPE_UNSUPPORTED", problem);
  }
  return {
    dequantize(bytes, count) {
      checkSize(bytes, stored, count);
      const values = new Float32Array(count);
      if (format?.isPairs === true) dequantizePairs(bytes, values, format);
      else if (format !== undefined) dequantizeBlocks(bytes, values, { format, stored });
      else read?.(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values);
      return values;
    },
    unpack(bytes, layout) {
      if (format === undefined) return undefined;
      checkSize(bytes, stored, layout.rows * layout.columns, layout.columns);
      return unpackBlocks(bytes, format, { type: stored, layout });
    },
  };
}

function checkSize(bytes: Uint8Array, { name, blockSize, blockBytes }: TensorType, count: number, row = count): void {
  const isWhole = Number.isSafeInteger(count) && count >= 0 && row % blockSize === 0;
  if (isWhole && bytes.length * blockSize === count * blockBytes) return;
  const problem = `${count} elements of type ${name} need blocks of ${blockBytes} bytes for ${blockSize} each; got ${bytes.length} bytes.`;
  throw new GgufError("GGUF_RANGE_INVALID", problem);
}

function each(values: Float32Array, valueAt: (index: number) => number): void {
  for (let index = 0; index < values.length; index += 1) values[index] = valueAt(index);
}

function readF16(view: DataView, values: Float32Array): void {
  const table = f16Values();
  each(values, (index) => table[view.getUint16(index * 2, true)]!);
}

function readBf16(view: DataView, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < bits.length; index += 1) bits[index] = view.getUint16(index * 2, true) << 16;
}

/** The same values as `dequantizeBlocks` in half the time, because blocks are not unpacked first. */
function dequantizePairs(bytes: Uint8Array, values: Float32Array, { levels, hasMinimum }: BlockFormat): void {
  const table = f16Values();
  const meanings = new Float32Array(16); // of the block's codes
  let at = 0;
  for (let first = 0; first < values.length; first += 32) {
    const scale = table[uint16At(bytes, at)]!;
    const minimum = hasMinimum ? table[uint16At(bytes, at + 2)]! : 0;
    for (let code = 0; code < 16; code += 1) {
      const product = scale * levels[code]!;
      meanings[code] = hasMinimum ? Math.fround(product) + minimum : product; // 0 would be added to −0
    }
    at += hasMinimum ? 4 : 2;
    for (let index = first; index < first + 16; index += 1, at += 1) {
      const pair = bytes[at]!;
      values[index] = meanings[pair & 15]!;
      values[index + 16] = meanings[pair >> 4]!;
    }
  }
}

function dequantizeBlocks(
  bytes: Uint8Array,
  values: Float32Array,
  { format, stored }: { readonly format: BlockFormat; readonly stored: TensorType },
): void {
  const { levels, runSize, hasMultiples, hasMinimum, scaleKind } = format;
  const { blockSize, blockBytes } = stored;
  const parts = roomFor(format, blockSize);
  const table = f16Values();
  for (let from = 0, first = 0; first < values.length; from += blockBytes, first += blockSize) {
    format.unpack(bytes, from, parts);
    const step = scaleKind === "f16" ? table[parts.scale]! : parts.scale;
    const lowest = hasMinimum ? table[parts.minimum]! : 0;
    for (let run = 0, at = 0; at < blockSize; run += 1) {
      const scale = hasMultiples ? Math.fround(step * parts.multiples[run]!) : step;
      const minimum = hasMinimum && hasMultiples ? Math.fround(lowest * parts.minimumMultiples[run]!) : lowest;
      for (const end = at + runSize; at < end; at += 1) {
        const product = scale * levels[parts.codes[at]!]!;
        values[first + at] = hasMinimum ? Math.fround(product) + minimum : product;
      }
    }
  }
}
