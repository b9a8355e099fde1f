import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { linear } from "../kinds/linear.ts";
import { type FactorSpec, toAB } from "../update/factor.ts";
import { plainLayout } from "../update/file-layout.ts";
import { LoraMatrices } from "./lora-matrices.ts";

describe("LoraMatrices", () => {
  const stored = {
    a: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    b: { shape: [1, 2], values: Float32Array.of(7, 8) },
  };

  it("turns PEFT's layout around and back", async () => {
    const lora = LoraMatrices.fromTorch(stored, { name: "stored", trainable: false });
    expect([lora.inFeatures, lora.rank, lora.outFeatures, lora.a.trainable]).toEqual([3, 2, 1, false]);
    expectClose(await lora.a.data(), [1, 4, 2, 5, 3, 6], 0);
    expect(await lora.toTorch()).toEqual(stored);
    lora.dispose();
  });

  it("names an embedding's variables as PEFT does", () => {
    const lora = LoraMatrices.fromTorch(stored, { name: "wte", kind: "embedding" });
    expect([lora.a.name, lora.b.name]).toEqual(["wte.lora_embedding_A", "wte.lora_embedding_B"]);
    lora.dispose();
  });

  it("leaks nothing", async () => {
    await expectNoLeak(async () => {
      const lora = LoraMatrices.fromTorch(stored, { name: "leak" });
      await lora.toTorch();
      lora.dispose();
    });
  });

  it("expands a stored factor to its matrix and multiplies the factors between A and B into A", async () => {
    await expectNoLeak(async () => {
      // Two blocks of one row and two columns, in PEFT's layout one below the other.
      const blocks = { a: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }, b: stored.b };
      const [a, b] = linear.specs({ inFeatures: 2, outFeatures: 1 }, 2);
      const diagonal: FactorSpec = { part: "lora_diag", shape: [2], fileShape: [2], layout: plainLayout };
      const between = { shape: [2], values: Float32Array.of(10, 100) };
      const onDiagonal = (matrix: tf.Tensor) => {
        const [first, second] = tf.split(matrix as tf.Tensor2D, 2, 1); // [2, 1] each
        return tf.concat([
          tf.pad(first!, [
            [0, 0],
            [0, 1],
          ]),
          tf.pad(second!, [
            [0, 0],
            [1, 0],
          ]),
        ]);
      };
      const factors = [{ ...a, expansion: { rows: 4, of: onDiagonal } }, diagonal, b];
      const lora = LoraMatrices.fromStored([blocks.a, between, blocks.b], { name: "blocks", factors });
      expect([lora.inFeatures, lora.rank, lora.outFeatures, lora.size]).toEqual([4, 2, 1, 8]);
      expect(lora.variables.map(({ name }) => name)).toEqual(["blocks.lora_A", "blocks.lora_diag", "blocks.lora_B"]);
      const halves = tf.tidy(() => ({ a: toAB(lora).a.arraySync(), b: toAB(lora).b.arraySync() }));
      expect(halves.a).toEqual([
        [10, 0],
        [20, 0],
        [0, 300],
        [0, 400],
      ]);
      expect(halves.b).toEqual([[7], [8]]);
      expect(await lora.toTorch()).toEqual(blocks);
      lora.dispose();
    });
  });

  it("refuses matrices of two ranks, and names both shapes", () => {
    const b = { shape: [1, 3], values: new Float32Array(3) };
    const make = () => LoraMatrices.fromTorch({ ...stored, b }, { name: "torn" });
    expect(make).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE_MISMATCH" }));
    expect(make).toThrow(/\[2, 3\].*\[1, 3\]/);
  });
});
