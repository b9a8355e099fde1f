import { FrozenWeight } from "@lowrank/engine";
import "@tensorflow/tfjs-backend-cpu";
import { dequantize } from "@lowrank/gguf";
import { describe, expect, it } from "vitest";
import { packHalf } from "../pack-half.ts";
import { packGgufBlocks } from "./pack-gguf-blocks.ts";

const rows = 4;
const columns = 96;

/** Bytes without a pattern; f16 scales stay finite because no byte has all of its upper bits. */
function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor(120 * Math.abs(Math.sin(index * 12.9898))));
}

describe.each([
  ["Q8_0", 34],
  ["Q4_0", 18],
  ["Q4_1", 20],
] as const)("packGgufBlocks of %s", (type, blockBytes) => {
  it("keeps every number that dequantising gives, with rows in the order asked for", () => {
    const bytes = someBytes((rows * columns * blockBytes) / 32);
    const expected = dequantize(bytes, type, rows * columns);
    const storedRow = (row: number) => (3 * row + 1) % rows;
    const packed = packGgufBlocks(bytes, { type, rows, columns, storedRow });
    if (packed === undefined) throw new Error("Nothing was packed.");
    const weight = FrozenWeight.from(packed);
    const matrix = weight.read(); // [rows, columns]
    const decoded = Float32Array.from(matrix.dataSync());
    matrix.dispose();
    weight.dispose();
    for (let row = 0; row < rows; row++) {
      const stored = expected.subarray(storedRow(row) * columns, (storedRow(row) + 1) * columns);
      expect(decoded.subarray(row * columns, (row + 1) * columns)).toEqual(stored);
    }
    expect(new Set(decoded).size).toBeGreaterThan(50);
  });
});

it("packs no other types", () => {
  const place = { rows: 1, columns: 32, storedRow: (row: number) => row };
  expect(packGgufBlocks(new Uint8Array(128), { type: "F32", ...place })).toBeUndefined();
});

it("copies 16-bit numbers out of a larger buffer, wherever they lie", () => {
  const file = Uint8Array.of(9, 9, 9, 0x80, 0x3f, 0, 0x40);
  const packed = packHalf(file.subarray(3), { kind: "bf16", rows: 1, columns: 2 });
  expect([...packed.bits]).toEqual([0x3f80, 0x4000]);
  expect(packed.bits.buffer.byteLength).toBe(4);
});
