import { describe, expect, it } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";
import { waveValues } from "../../test/packed-matrices.ts";
import { ArgumentError } from "../errors.ts";
import { packInt8, roundByLoops } from "./pack-int8.ts";

onEachBackend(() => {
  describe("packInt8", () => {
    it("rounds each output by its own largest magnitude, in both layouts of the matrix", () => {
      const packed = packInt8(Float32Array.of(1, -0.5, 0.25, 0, 0, -254), { rows: 3, columns: 2, layout: "out-in" });
      expect([...(packed?.codes ?? [])]).toEqual([127, -64, 127, 0, 0, -127]); // −63.5 to the even one
      expect([...(packed?.scales ?? [])]).toEqual([1 / 127, 0.25 / 127, 2].map(Math.fround));
      expect(packInt8(Float32Array.of(1, 0.25, 0, -0.5, 0, -254), { rows: 2, columns: 3, layout: "in-out" })).toEqual(
        packed,
      );
    });

    it("knows that a number is not finite", () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        expect(packInt8(Float32Array.of(1, bad, 2, 3), { rows: 2, columns: 2, layout: "out-in" })).toBeUndefined();
    });

    it.each(["out-in", "in-out"] as const)("rounds to the bit as loops in JavaScript do, %s", (layout) => {
      const values = waveValues(130 * 70);
      for (const [index, small] of [0, -0, 1e-45, -3e-39, 1e-37, 0.5].entries()) {
        // A row and a column with almost no scale, and numbers halfway between two codes.
        values.fill(small, index * 70, (index + 1) * 70);
        for (let row = 20; row < 130; row++) values[row * 70 + index] = small;
      }
      values.set([127, 0.5, 1.5, 2.5, -0.5, -1.5], 110 * 70);
      const shape = { rows: 130, columns: 70, layout };
      expect(packInt8(values, shape)).toEqual(roundByLoops(values, shape));
    });

    it("refuses a wrong number of values, and an empty matrix", () => {
      const shape = { rows: 2, columns: 2, layout: "out-in" } as const;
      expect(() => packInt8(new Float32Array(3), shape)).toThrow(ArgumentError);
      expect(() => packInt8(new Float32Array(0), { ...shape, rows: 0 })).toThrow(ArgumentError);
    });
  });
});
