import { expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { fromStored, readStored, transposedLayout } from "./file-layout.ts";

describe("a matrix that files keep the other way round", () => {
  it.each([
    [1, 5],
    [3, 2],
    [4, 7],
    [9, 3],
    [8, 8],
  ])("is read out turned, [%i, %i] as any other, and comes back as it was", async (rows, columns) => {
    await expectNoLeak(async () => {
      const matrix = tf.tensor2d(
        Float32Array.from({ length: rows * columns }, (_, index) => index),
        [rows, columns],
      );
      const stored = await readStored(matrix, transposedLayout);
      expect(stored.shape).toEqual([columns, rows]);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          expect(stored.values[column * rows + row]).toBe(row * columns + column);
      const back = fromStored(stored, transposedLayout);
      expect(await back.data()).toEqual(await matrix.data());
      tf.dispose([matrix, back]);
    });
  });
});
