import { describe, expect, it } from "vitest";
import { type HeadSizes, piecesOf } from "./head-pieces.ts";

function countsOf(sizes: Partial<HeadSizes>, threads: number): readonly number[] {
  const whole = {
    batch: 1,
    heads: 12,
    keyHeads: 12,
    queryTime: 1,
    keyTime: 1,
    headSize: 4,
    valueSize: 4,
    groupRows: 1,
  };
  return piecesOf({ ...whole, ...sizes }, threads).map(({ count }) => count);
}

describe("piecesOf", () => {
  it("assigns the same number of heads to each thread, if one for each fits", () => {
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 2)).toEqual([4, 4, 4]);
    expect(countsOf({ groupRows: 450, keyTime: 450 }, 2)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 3)).toEqual([3, 3, 3, 3]);
    expect(countsOf({ groupRows: 800, keyTime: 800 }, 2)).toEqual(Array.from({ length: 12 }, () => 1));
  });

  it("covers all heads of each batch item", () => {
    expect(countsOf({ batch: 2, keyHeads: 5, groupRows: 370, keyTime: 370 }, 2)).toEqual([4, 1, 4, 1]);
    expect(countsOf({ keyHeads: 3 }, 2)).toEqual([3]);
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 16)).toEqual([4, 4, 4]);
  });
});
