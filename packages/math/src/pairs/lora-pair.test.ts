import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { PairShapeError } from "../errors.ts";
import { linear } from "../kinds/linear.ts";
import { type FactorSpec, halvesOf } from "../update/factor.ts";
import { plainLayout } from "../update/file-layout.ts";
import { LoraPair } from "./lora-pair.ts";

describe("LoraPair", () => {
  const stored = {
    a: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    b: { shape: [1, 2], values: Float32Array.of(7, 8) },
  };

  it("turns PEFT's layout around and back", async () => {
    const pair = LoraPair.fromTorch(stored, { name: "stored", trainable: false });
    expect([pair.inFeatures, pair.rank, pair.outFeatures, pair.a.trainable]).toEqual([3, 2, 1, false]);
    expectClose(await pair.a.data(), [1, 4, 2, 5, 3, 6], 0);
    expect(await pair.toTorch()).toEqual(stored);
    pair.dispose();
  });

  it("names an embedding's variables as PEFT does", () => {
    const pair = LoraPair.fromTorch(stored, { name: "wte", kind: "embedding" });
    expect([pair.a.name, pair.b.name]).toEqual(["wte.lora_embedding_A", "wte.lora_embedding_B"]);
    pair.dispose();
  });

  it("leaks nothing", async () => {
    await expectNoLeak(async () => {
      const pair = LoraPair.fromTorch(stored, { name: "leak" });
      await pair.toTorch();
      pair.dispose();
    });
  });

  it("spreads a factor over the matrix that it stands for and puts what stands between the halves into A", async () => {
    await expectNoLeak(async () => {
      // Two blocks of one row and two columns, in PEFT's layout one below the other.
      const blocks = { a: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }, b: stored.b };
      const [a, b] = linear.pair({ inFeatures: 2, outFeatures: 1 }, 2);
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
      const pair = LoraPair.fromStored([blocks.a, between, blocks.b], { name: "blocks", factors });
      expect([pair.inFeatures, pair.rank, pair.outFeatures, pair.size]).toEqual([4, 2, 1, 8]);
      expect(pair.variables.map(({ name }) => name)).toEqual(["blocks.lora_A", "blocks.lora_diag", "blocks.lora_B"]);
      const halves = tf.tidy(() => ({ a: halvesOf(pair).a.arraySync(), b: halvesOf(pair).b.arraySync() }));
      expect(halves.a).toEqual([
        [10, 0],
        [20, 0],
        [0, 300],
        [0, 400],
      ]);
      expect(halves.b).toEqual([[7], [8]]);
      expect(await pair.toTorch()).toEqual(blocks);
      pair.dispose();
    });
  });

  it("refuses matrices of two ranks, and says both shapes", () => {
    const b = { shape: [1, 3], values: new Float32Array(3) };
    const make = () => LoraPair.fromTorch({ ...stored, b }, { name: "torn" });
    expect(make).toThrow(PairShapeError);
    expect(make).toThrow(/\[2, 3\].*\[1, 3\]/);
  });
});
