import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { PairShapeError } from "./errors.ts";
import { LoraPair } from "./lora-pair.ts";

beforeAll(() => tf.setBackend("cpu"));

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

  it("refuses matrices of two ranks, and says both shapes", () => {
    const b = { shape: [1, 3], values: new Float32Array(3) };
    const make = () => LoraPair.fromTorch({ ...stored, b }, { name: "torn" });
    expect(make).toThrow(PairShapeError);
    expect(make).toThrow(/\[2, 3\].*\[1, 3\]/);
  });
});
