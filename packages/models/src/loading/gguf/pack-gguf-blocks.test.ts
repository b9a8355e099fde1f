import { FrozenWeight } from "@lowrank/engine";
import "@tensorflow/tfjs-backend-cpu";
import { dequantizableTypes, typeReader } from "@lowrank/gguf/internal";
import { describe, expect, it } from "vitest";
import { packHalf } from "../pack-half.ts";
import { packGgufBlocks } from "./gguf-weights.ts";

const rows = 3;
const columns = 512;
const plainTypes = ["F32", "F16", "BF16"];

/** Bytes without a pattern; f16 scales stay finite because no byte has all of its upper bits. */
function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor(120 * Math.abs(Math.sin(index * 12.9898))));
}

/** The number of bytes of the elements, by the reader's own count. */
async function bytesOf(type: string): Promise<Uint8Array> {
  const reader = await typeReader(type);
  for (let perRow = 1; perRow <= 4 * columns; perRow++) {
    const bytes = someBytes(perRow * rows);
    try {
      reader.dequantize(bytes, rows * columns);
      return bytes;
    } catch {}
  }
  throw new Error(`No size fits ${type}.`);
}

describe.each(dequantizableTypes.filter((type) => !plainTypes.includes(type)))("packGgufBlocks of %s", (type) => {
  it("equals every dequantized number, with rows in the requested order", async () => {
    const reader = await typeReader(type);
    const bytes = await bytesOf(type);
    const expected = reader.dequantize(bytes, rows * columns);
    const storedRow = (row: number) => (2 * row + 1) % rows;
    const packed = packGgufBlocks(bytes, reader, { rows, columns, storedRow });
    if (packed === undefined) throw new Error("Nothing was packed.");
    const weight = FrozenWeight.from(packed);
    const matrix = weight.read(); // [rows, columns]
    const decoded = Float32Array.from(matrix.dataSync());
    matrix.dispose();
    weight.dispose();
    for (let row = 0; row < rows; row++) {
      const stored = expected.subarray(storedRow(row) * columns, (storedRow(row) + 1) * columns);
      // Adding a minimum of 0 changes −0 to 0.
      expect(decoded.subarray(row * columns, (row + 1) * columns)).toEqual(stored.map((value) => value + 0));
    }
    expect(new Set(decoded).size).toBeGreaterThan(5);
  });
});

it("packs no other types", async () => {
  const position = { rows: 1, columns: 32, storedRow: (row: number) => row };
  expect(packGgufBlocks(new Uint8Array(128), await typeReader("F32"), position)).toBeUndefined();
});

it("copies 16-bit numbers out of a larger buffer, at any offset", () => {
  const file = Uint8Array.of(9, 9, 9, 0x80, 0x3f, 0, 0x40);
  const packed = packHalf(file.subarray(3), { kind: "bf16", rows: 1, columns: 2 });
  expect([...packed.bits]).toEqual([0x3f80, 0x4000]);
  expect(packed.bits.buffer.byteLength).toBe(4);
});
