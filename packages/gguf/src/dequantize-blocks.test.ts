// Every quantized type on random blocks, held to Python's gguf (fixtures/make_blocks.py).

import { readFileSync } from "node:fs";
import { f16Values } from "@lowrank/contracts/internal";
import { describe, expect, it } from "vitest";
import { blockTypes, dequantizableTypes, dequantize, typeReader } from "./dequantize.ts";
import type { RunNumbers, UnpackedBlocks } from "./unpack-blocks.ts";

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/blocks.json", import.meta.url), "utf8")) as {
  readonly cases: Readonly<Record<string, { readonly count: number; readonly bytes: string; readonly values: string }>>;
};

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
/** NaN has many patterns, and ours are JavaScript's. */
const bitsOf = (values: Float32Array) => [...values].map((value) => (Number.isNaN(value) ? "NaN" : value));

function numberAt(numbers: RunNumbers, index: number): number {
  if (numbers instanceof Float32Array) return numbers[index]!;
  if (numbers instanceof Uint16Array) return f16Values()[numbers[index]!]!;
  return f16Values()[numbers.steps[Math.floor(index / numbers.span)]!]! * numbers.multiples[index]!;
}

function elementAt(blocks: UnpackedBlocks, index: number): number {
  const { codes, codeBits, levels, scales, minima, runSize } = blocks;
  const code = codeBits === 8 ? codes[index]! : (codes[index >> 1]! >> (4 * (index & 1))) & 15;
  const run = Math.floor(index / runSize);
  const product = Math.fround(numberAt(scales, run) * levels[code]!);
  return minima === undefined ? product : Math.fround(product + numberAt(minima, run));
}

describe.each(Object.entries(cases))("random blocks of %s", (type, { count, bytes, values }) => {
  const expected = new Float32Array(bytesOf(values).buffer);

  it("equal the values of Python's gguf", async () => {
    const reader = await typeReader(type);
    expect(bitsOf(reader.dequantize(bytesOf(bytes), count))).toEqual(bitsOf(expected));
  });

  it.runIf(blockTypes.includes(type))("lose nothing when they are taken apart, in any order of rows", async () => {
    const reader = await typeReader(type);
    const columns = count / (count % 3 === 0 ? 3 : 2);
    const rows = count / columns;
    const reversed = (row: number) => rows - 1 - row;
    const unpacked = reader.unpack(bytesOf(bytes), { rows, columns, storedRow: reversed });
    if (unpacked === undefined) throw new Error("Nothing was unpacked.");
    const got = Float32Array.from({ length: count }, (_, index) => elementAt(unpacked, index));
    const inOrder = Array.from({ length: rows }, (_, row) => {
      return [...expected.subarray(reversed(row) * columns, (reversed(row) + 1) * columns)];
    });
    expect(bitsOf(got)).toEqual(bitsOf(Float32Array.from(inOrder.flat())));
  });
});

it("covers every type that can be dequantized", () => {
  expect(Object.keys(cases).sort()).toEqual(dequantizableTypes.filter((type) => type !== "F32").sort());
});

it("needs a reader for types whose tables are loaded on request", () => {
  expect(() => dequantize(new Uint8Array(110), "IQ3_S", 256)).toThrow(/await typeReader\("IQ3_S"\)/);
});

it("refuses to take rows apart that end within a block", async () => {
  const reader = await typeReader("Q4_K");
  expect(() => reader.unpack(new Uint8Array(144), { rows: 2, columns: 128 })).toThrow(/256 elements of type Q4_K/);
});
