// A low-rank update added to a weight in bf16 and rounded to bf16 again, in one pass: as float32 the numbers exist in registers only.
// That takes a third of the time of decoding, adding, looking for what is not finite, rounding, and decoding once more for the loss.

import type { RowUpdate } from "@lowrank/math";
import { lowRankRows } from "./low-rank-rows.ts";
import { rowModule } from "./row-module.ts";

/** Some rows, rounded. */
export interface RoundedRows {
  /** In bf16, little-endian. */
  readonly bytes: Uint8Array;
  /** By how much a number was rounded at most. */
  readonly largest: number;
}

/** A weight's rows as a file has them, in bf16. */
export interface Bf16Rows {
  readonly rows: number;
  readonly columns: number;
  readBytes(first: number, count: number): Promise<Uint8Array>;
}

/** Numbers of one block. */
const blockNumbers = 1 << 19;
const pageBytes = 65_536;
/** Bits, without a sign, from which on float32 rounds to an infinite bf16 or is no finite number. */
const tooLarge = 0x7f7f8000;

/**
 * The weight's rows with the update. A block that bf16 cannot hold comes as the numbers that it would have, for whoever says so.
 * Undefined where this way is not for the update: rows that are no whole vectors, lengths, experts, no WebAssembly.
 */
export function roundedRows(
  weight: Bf16Rows,
  update: RowUpdate,
): AsyncGenerator<RoundedRows | Float32Array> | undefined {
  const { columns } = weight;
  const isPlain = update.groups === 1 && update.lengths === undefined && update.rank > 0;
  if (!isPlain || columns % 16 !== 0 || new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) return undefined;
  const size = Math.max(1, Math.floor(blockNumbers / columns));
  const kernel = kernelOf(update, { columns, size });
  return kernel && blocksOf({ weight, update, size, kernel });
}

type Kernel = (bytes: Uint8Array, first: number) => RoundedRows | undefined;

/** Undefined where WebAssembly is missing or forbidden, or the update too large for it. */
function kernelOf(
  { left, right, rank, scale }: RowUpdate,
  { columns, size }: { readonly columns: number; readonly size: number },
): Kernel | undefined {
  const places = { left: 4 * right.length, source: 0, target: 0, facts: 0 };
  places.source = 16 * Math.ceil((places.left + 4 * rank * size) / 16);
  places.target = places.source + 2 * columns * size;
  places.facts = places.target + 2 * columns * size;
  const pages = Math.ceil((places.facts + 32) / pageBytes);
  if (pages > pageBytes) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { addRounded } = rowModule(memory);
    const bytes = new Uint8Array(memory.buffer);
    new Float32Array(memory.buffer, 0, right.length).set(right);
    const factors = new Float32Array(memory.buffer, places.left, rank * size);
    const losses = new Float32Array(memory.buffer, places.facts, 4);
    const bits = new Uint32Array(memory.buffer, places.facts + 16, 4);
    return (block, first) => {
      const rows = block.length / (2 * columns);
      for (let index = 0; index < rows * rank; index += 1)
        factors[index] = scale * (left[first * rank + index] as number);
      bytes.set(block, places.source);
      losses.fill(0);
      bits.fill(0);
      for (let row = 0, at = places.left; row < rows; row += 1, at += 4 * rank) {
        const offset = 2 * columns * row;
        addRounded(places.source + offset, places.target + offset, at, at + 4 * rank, 0, columns, places.facts);
      }
      if (bits.some((each) => each >= tooLarge)) return undefined;
      return { bytes: bytes.slice(places.target, places.target + block.length), largest: Math.max(...losses) };
    };
  } catch {
    return undefined;
  }
}

interface Folding {
  readonly weight: Bf16Rows;
  readonly update: RowUpdate;
  readonly size: number;
  readonly kernel: Kernel;
}

/** The next block is read while this one is computed. */
async function* blocksOf({ weight, update, size, kernel }: Folding): AsyncGenerator<RoundedRows | Float32Array> {
  const { rows } = weight;
  const read = (first: number) => {
    const reading = weight.readBytes(first, Math.min(size, rows - first));
    reading.catch(() => {}); // whoever waits for it hears of it
    return reading;
  };
  let next = read(0);
  for (let first = 0; first < rows; first += size) {
    const block = await next;
    if (first + size < rows) next = read(first + size);
    yield kernel(block, first) ?? exactly(block, { weight, update, first });
  }
}

/** The numbers themselves. */
function exactly(
  block: Uint8Array,
  { weight, update, first }: Pick<Folding, "weight" | "update"> & { readonly first: number },
): Float32Array {
  const halves = new Uint16Array(block.slice().buffer);
  const values = new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
  lowRankRows(update, weight)(values, first);
  return values;
}
