import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import loadWabt from "wabt";
import { packedMatrices, waveValues } from "../../test/packed-matrices.ts";
import { decodeKernel, kernelTakes, multipliesRows, transposesPart } from "./decode-kernel.ts";
import { decodeByLoops } from "./decode-loops.ts";
import { kernelBase64 } from "./decode-module.ts";
import type { PackedMatrix } from "./packed-matrix.ts";

function kernelOrThrow() {
  const kernel = decodeKernel();
  if (kernel === undefined) throw new Error("There is no WebAssembly here.");
  return kernel;
}

describe("the decoding kernel", () => {
  it("equals its compiled source", async () => {
    const source = await readFile(new URL("decode-kernel.wat", import.meta.url), "utf8");
    const module = (await loadWabt()).parseWat("decode-kernel.wat", source, { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString("base64")).toBe(kernelBase64);
  });

  it.each(Object.entries(packedMatrices))("decodes %s bit for bit as the loops do, a part or the whole", (_, pack) => {
    const matrix = pack(9, 192);
    const whole = { firstRow: 0, rows: 9, firstColumn: 0, columns: 192 };
    const kernel = kernelOrThrow();
    for (const part of [whole, { firstRow: 2, rows: 5, firstColumn: 64, columns: 128 }]) {
      const size = part.rows * part.columns;
      const [expected, copied] = [new Float32Array(size), new Float32Array(size)];
      expect(kernelTakes(matrix, part)).toBe(true);
      decodeByLoops(expected, matrix, part);
      kernel.decode(copied, matrix, part);
      expect(copied).toEqual(expected);
      kernel.decode(kernel.output.subarray(0, size), matrix, part);
      expect(kernel.output.slice(0, size)).toEqual(expected);
    }
  });

  it.each(Object.entries(packedMatrices))("transposes a part of %s, decoded", (_, pack) => {
    const matrix = pack(364, 192); // more rows than are decoded at one time
    for (const part of [
      { firstRow: 0, rows: 364, firstColumn: 0, columns: 192 },
      { firstRow: 2, rows: 8, firstColumn: 64, columns: 128 },
    ]) {
      const { rows, columns } = part;
      const decoded = new Float32Array(rows * columns);
      decodeByLoops(decoded, matrix, part);
      const expected = decoded.map((_, index) => decoded[(index % rows) * columns + Math.floor(index / rows)] ?? 0);
      expect(transposesPart(matrix, part)).toBe(true);
      expect(kernelOrThrow().decodeTransposed(matrix, part)).toEqual(expected);
    }
    expect(transposesPart(matrix, { firstRow: 0, rows: 6, firstColumn: 0, columns: 192 })).toBe(false);
  });

  it.each(["f16", "bf16"] as const)("knows every number in %s, whatever the count", (kind) => {
    const bits = Uint16Array.from({ length: 65_535 }, (_, index) => index);
    const matrix: PackedMatrix = { kind, rows: 1, columns: bits.length, bits };
    const part = { firstRow: 0, rows: 1, firstColumn: 0, columns: bits.length };
    const [expected, actual] = [new Float32Array(bits.length), new Float32Array(bits.length)];
    decodeByLoops(expected, matrix, part);
    kernelOrThrow().decode(actual, matrix, part);
    expect(actual).toEqual(expected);
  });

  it("decodes more than fits at one time", () => {
    const matrix = packedMatrices.NF4(1100, 2048);
    const part = { firstRow: 0, rows: 1100, firstColumn: 0, columns: 2048 };
    const [expected, actual] = [new Float32Array(1100 * 2048), new Float32Array(1100 * 2048)];
    decodeByLoops(expected, matrix, part);
    kernelOrThrow().decode(actual, matrix, part);
    expect(Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer))).toBe(0);
  });

  it.each(Object.entries(packedMatrices))("multiplies rows by %s as by its decoded numbers", (_, pack) => {
    const [rows, columns] = [700, 192]; // more rows than are decoded at one time
    const matrix = pack(rows, columns);
    const decoded = new Float32Array(rows * columns);
    decodeByLoops(decoded, matrix, { firstRow: 0, rows, firstColumn: 0, columns });
    const x = waveValues(2 * columns, 5);
    const products = kernelOrThrow().multiplyRows(x, matrix);
    expect([multipliesRows(matrix), products.length]).toEqual([true, 2 * rows]);
    for (const [index, product] of products.entries()) {
      const [row, output] = [Math.floor(index / rows), index % rows];
      let [sum, magnitudes] = [0, 0];
      for (let column = 0; column < columns; column++) {
        const term = (x[row * columns + column] ?? 0) * (decoded[output * columns + column] ?? 0);
        sum += term;
        magnitudes += Math.abs(term);
      }
      // float32 rounds each of twelve sums of four lanes.
      if (Math.abs(product - sum) > 1e-6 * magnitudes) throw new Error(`${index}: ${product}, expected ${sum}`);
    }
  });

  it("leaves rows that end within a block to the loops", () => {
    const matrix = packedMatrices.NF4(2, 100);
    expect(multipliesRows(matrix)).toBe(false);
    expect(kernelTakes(matrix, { firstRow: 0, rows: 2, firstColumn: 0, columns: 100 })).toBe(false);
  });
});
