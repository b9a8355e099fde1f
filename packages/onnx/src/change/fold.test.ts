import { turned } from "@lowrank/adapter-format";
import { describe, expect, it } from "vitest";
import { foldPair } from "./fold.ts";

const turn = (values: Float32Array, rows: number) => turned({ shape: [rows, 6 / rows], values }).values;

const a = { shape: [1, 3], values: Float32Array.of(1, 2, 3) };
const b = { shape: [2, 1], values: Float32Array.of(10, 20) };
const pair = { path: "q", isEmbedding: false, a, b, scale: 0.5, magnitude: undefined };

describe("a pair in a weight", () => {
  it("is added as the weight lies", () => {
    const outIn = Float32Array.of(0, 0, 0, 1, 1, 1);
    foldPair(outIn, "out-in", pair);
    expect([...outIn]).toEqual([5, 10, 15, 11, 21, 31]);
    const inOut = turn(Float32Array.of(0, 0, 0, 1, 1, 1), 2);
    foldPair(inOut, "in-out", pair);
    expect([...turn(inOut, 3)]).toEqual([...outIn]);
  });

  it("gives each output DoRA's length, either way round", () => {
    const magnitude = Float32Array.of(7, 9);
    const lengths = (rows: Float32Array) => [0, 3].map((at) => Math.hypot(...rows.subarray(at, at + 3)));
    const outIn = Float32Array.of(0, 0, 0, 1, 1, 1);
    foldPair(outIn, "out-in", { ...pair, magnitude });
    const inOut = turn(Float32Array.of(0, 0, 0, 1, 1, 1), 2);
    foldPair(inOut, "in-out", { ...pair, magnitude });
    for (const rows of [outIn, turn(inOut, 3)]) {
      expect(lengths(rows)[0]).toBeCloseTo(7, 5);
      expect(lengths(rows)[1]).toBeCloseTo(9, 5);
    }
  });
});
