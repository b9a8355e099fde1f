import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { decodeInto } from "./decode-into.ts";
import { normalFloat4Levels, packNormalFloat4 } from "./normal-float4.ts";

function rounded(values: Float32Array, rows: number, columns: number): Float32Array {
  const target = new Float32Array(values.length);
  decodeInto(target, packNormalFloat4(values, { rows, columns }), { firstRow: 0, rows, firstColumn: 0, columns });
  return target;
}

describe("packNormalFloat4", () => {
  it("rounds each number to the nearest level times its block's largest", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }).chain((rows) =>
          fc.integer({ min: 1, max: 130 }).chain((columns) =>
            fc.record({
              rows: fc.constant(rows),
              columns: fc.constant(columns),
              values: fc.float32Array({
                minLength: rows * columns,
                maxLength: rows * columns,
                noNaN: true,
                min: -8,
                max: 8,
              }),
            }),
          ),
        ),
        ({ rows, columns, values }) => {
          const result = rounded(values, rows, columns);
          for (const [index, value] of values.entries()) {
            const column = index % columns;
            const start = index - (column % 64);
            const block = values.subarray(start, Math.min(start + 64, index - column + columns));
            const largest = block.reduce((maxMagnitude, one) => Math.max(maxMagnitude, Math.abs(one)), 0);
            const errors = [...normalFloat4Levels].map((level) => Math.abs(Math.fround(level * largest) - value));
            expect(Math.abs(result[index]! - value)).toBeLessThanOrEqual(Math.min(...errors) + 1e-6 * largest);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps values on a level, also zeros, and a block with NaN becomes NaN", () => {
    const levels = Float32Array.from(normalFloat4Levels, (level) => level * 3);
    expect(rounded(levels, 1, 16)).toEqual(levels);
    expect(rounded(new Float32Array(65), 1, 65)).toEqual(new Float32Array(65));
    expect(rounded(Float32Array.of(1, Number.NaN, 2), 1, 3)).toEqual(new Float32Array(3).fill(Number.NaN));
  });

  it("refuses numbers that do not fill the matrix", () => {
    expect(() => packNormalFloat4(new Float32Array(5), { rows: 2, columns: 3 })).toThrow(ArgumentError);
  });
});
