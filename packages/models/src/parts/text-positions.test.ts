import "@tensorflow/tfjs-backend-cpu";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type FirstTokens, TextPositions, Texts } from "./text-positions.ts";

const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");

/** Starts of `tokens` in each row. */
function startsOf(
  rows: number[][],
  tokens: number[],
  more: Omit<Partial<FirstTokens>, "attentionMask"> & { mask?: number[][] } = {},
): readonly number[] {
  const { mask, ...rest } = more;
  const [inputIds, attentionMask] = [grid(rows), mask && grid(mask)];
  const starts = new Texts({ inputIds, attentionMask, ...rest }).startsOf(tokens);
  tf.dispose([inputIds, attentionMask ?? []]);
  return starts;
}

describe("Texts", () => {
  const nowhere = Number.POSITIVE_INFINITY;

  it("finds the last occurrence of tokens in each row, if it is complete", () => {
    const rows = [
      [5, 6, 5, 6, 1],
      [5, 5, 6, 9, 5],
      [6, 5, 1, 1, 1],
    ];
    expect(startsOf(rows, [5, 6])).toEqual([2, 1, nowhere]);
    expect(startsOf(rows, [5])).toEqual([2, 4, 1]);
    expect(startsOf([[4, 4, 4]], [4, 4])).toEqual([1]);
    expect(startsOf([[4, 4, 4]], [4, 4, 4, 4])).toEqual([nowhere]);
  });

  it("treats hidden and generated tokens as no part of a text", () => {
    const rows = [
      [0, 0, 5, 6],
      [6, 5, 6, 0],
    ];
    const mask = [
      [0, 0, 1, 1],
      [1, 1, 1, 0],
    ];
    expect(startsOf(rows, [0], { mask })).toEqual([nowhere, nowhere]);
    expect(startsOf(rows, [0])).toEqual([1, 3]);
    expect(startsOf(rows, [6], { mask, generated: [1, 2] })).toEqual([nowhere, 0]);
  });

  it("keeps only numbers, read once", async () => {
    await expectNoLeak(() => {
      const inputIds = grid([[1, 2]]);
      const texts = new Texts({ inputIds });
      texts.read();
      inputIds.dispose();
      expect(texts.startsOf([2])).toEqual([1]);
    });
  });
});

describe("TextPositions", () => {
  const tokens = [5];
  const positions = (past: number, time: number) => {
    const inputIds = grid([
      [1, 5, 1],
      [1, 1, 1],
    ]);
    const texts = new Texts({ inputIds });
    texts.read();
    inputIds.dispose();
    return TextPositions.behind(past, [2, time], texts);
  };

  it("reports which states are at the tokens or after them", () => {
    expect(Array.from(positions(0, 3).since(tokens))).toEqual([0, 1, 1, 0, 0, 0]);
    expect(Array.from(positions(3, 1).since(tokens))).toEqual([1, 0]);
  });

  it("reports it for selected states, in their order", () => {
    const some = positions(0, 3).pick([1, 3, 0, 2]);
    expect([some.count, ...some.since(tokens)]).toEqual([4, 1, 0, 0, 1]);
    expect(Array.from(some.pick([3, 2]).since(tokens))).toEqual([1, 0]);
  });
});
