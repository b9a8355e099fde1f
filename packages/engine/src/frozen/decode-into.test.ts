import { describe, expect, it } from "vitest";
import { packedMatrices } from "../../test/packed-matrices.ts";
import { ArgumentError } from "../errors.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { type BlockMatrix, type MatrixPart, type PackedMatrix, packedBytes } from "../packed/packed-matrix.ts";
import { decodeInto } from "./decode-into.ts";

function decoded(matrix: PackedMatrix, part: Partial<MatrixPart> = {}): number[] {
  const whole = { firstRow: 0, rows: matrix.rows, firstColumn: 0, columns: matrix.columns, ...part };
  const target = new Float32Array(whole.rows * whole.columns);
  decodeInto(target, matrix, whole);
  return [...target];
}

const fourBits: BlockMatrix = {
  kind: "blocks",
  rows: 2,
  columns: 3,
  blockSize: 2,
  codeBits: 4,
  levels: Float32Array.from({ length: 16 }, (_, code) => code - 8),
  codes: Uint8Array.of(0x9a, 0x07, 0xf0, 0x08), // 2 1 −1 | −8 7 0
  scales: Float32Array.of(1, 10, 0.5, 100),
};

describe("decodeInto", () => {
  it("reads the even column from the lower four bits of a byte and begins rows with new bytes and blocks", () => {
    expect(decoded(fourBits)).toEqual([2, 1, -10, -4, 3.5, 0]);
  });

  it("adds the minimum of the block", () => {
    const minima = Uint16Array.of(0x3c00, 0x4000, 0xbc00, 0); // 1, 2, −1, 0
    expect(decoded({ ...fourBits, minima })).toEqual([3, 2, -8, -5, 2.5, 0]);
  });

  it("reads codes of 8 bits and scales in f16", () => {
    const levels = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);
    const scales = Uint16Array.of(0x3800, 0x4900); // 0.5, 10
    const codes = Uint8Array.of(3, 255, 128);
    expect(decoded({ ...fourBits, rows: 1, codeBits: 8, levels, codes, scales })).toEqual([1.5, -0.5, -1280]);
  });

  it("keeps infinities, NaN and the smallest numbers of 16 bits", () => {
    const bits = Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0x8001);
    const f16 = decoded({ kind: "f16", rows: 1, columns: 4, bits });
    expect(f16).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -(2 ** -24)]);
    const bf16 = decoded({ kind: "bf16", rows: 1, columns: 3, bits: Uint16Array.of(0x7f80, 0x7fc0, 0xc040) });
    expect(bf16).toEqual([Number.POSITIVE_INFINITY, Number.NaN, -3]);
  });

  it.each(Object.entries(packedMatrices))("decodes any part of a matrix in %s as it decodes the whole", (_, pack) => {
    const matrix = pack(7, 160);
    const whole = decoded(matrix);
    const part = { firstRow: 2, rows: 3, firstColumn: 64, columns: 65 };
    const expected = [2, 3, 4].flatMap((row) => whole.slice(row * 160 + 64, row * 160 + 129));
    expect(decoded(matrix, part)).toEqual(expected);
  });

  it("refuses a part outside the matrix, one too large for the target, and one that cuts a block", () => {
    const matrix = packedMatrices.NF4(4, 128);
    const target = new Float32Array(128);
    const one = { firstRow: 0, rows: 1, firstColumn: 0, columns: 128 };
    for (const wrong of [
      { firstRow: 4 },
      { firstColumn: 64 },
      { rows: 2 },
      { firstColumn: 32, columns: 64 },
      { rows: -1 },
    ])
      expect(() => decodeInto(target, matrix, { ...one, ...wrong }), JSON.stringify(wrong)).toThrow(ArgumentError);
  });
});

describe("a packed matrix", () => {
  it("counts its bytes: codes, scales, minima", () => {
    expect(packedBytes(packedMatrices.bf16(64, 64))).toBe(64 * 64 * 2);
    expect(packedBytes(packedMatrices["4 bits"](64, 64))).toBe(64 * 64 * (0.5 + 2 / 32));
    expect(packedBytes(packedMatrices["4 bits with minima"](64, 64))).toBe(64 * 64 * (0.5 + 4 / 32));
    expect(packedBytes(packedMatrices["8 bits"](64, 64))).toBe(64 * 64 * (1 + 2 / 32));
    expect(packedBytes(packedMatrices.NF4(64, 64))).toBe(64 * 64 * (0.5 + 4 / 64));
  });

  it("is refused when an array has another length than it should", () => {
    const good = packedMatrices["4 bits with minima"](3, 33);
    FrozenWeight.from(good).dispose();
    const wrong: readonly PackedMatrix[] = [
      { ...good, rows: 2 },
      { ...good, columns: 65 },
      { ...good, rows: -3 },
      { ...good, blockSize: 0 },
      { ...good, levels: new Float32Array(15) },
      { ...good, minima: new Uint16Array(1) },
      { ...packedMatrices.f16(3, 3), columns: 4 },
    ];
    for (const matrix of wrong) expect(() => FrozenWeight.from(matrix)).toThrow(ArgumentError);
  });
});
