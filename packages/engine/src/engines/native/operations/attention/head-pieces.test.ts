import { describe, expect, it } from "vitest";
import { type HeadSizes, piecesOf, type Span } from "./head-pieces.ts";

const allKeys = () => ({ first: 0, count: 1 });

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
  return piecesOf({ ...whole, ...sizes }, threads, allKeys).map(({ keyRows }) => keyRows.heads);
}

describe("piecesOf", () => {
  it("assigns the same number of heads to each thread, if one for each fits", () => {
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 2)).toEqual([4, 4, 4]);
    expect(countsOf({ groupRows: 450, keyTime: 450 }, 2)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 3)).toEqual([3, 3, 3, 3]);
    expect(countsOf({ groupRows: 800, keyTime: 800 }, 2)).toEqual(Array.from({ length: 12 }, () => 1));
  });

  it("has blocks of queries of one head, with the keys that they see, if no head fits", () => {
    const long = { batch: 1, heads: 4, keyHeads: 2, headSize: 4, valueSize: 4 };
    const sizes = { ...long, queryTime: 1000, keyTime: 1000, groupRows: 2000 };
    const upTo = (_item: number, _head: number, { first, count }: Span) => ({ first: 0, count: first + count });
    const pieces = piecesOf(sizes, 2, upTo);
    expect(pieces.length).toBe(4 * 8);
    expect(pieces[7]).toMatchObject({ queries: { first: 896, count: 104 }, keys: { first: 0, count: 1000 } });
    expect(pieces[9]).toMatchObject({
      heads: { first: 1, count: 1 },
      queryRows: { first: 1128, heads: 1, each: 128 },
      keyRows: { first: 0, heads: 1, each: 256 },
    });
    expect(pieces[16]?.keyRows.first).toBe(1000);
  });

  it("covers all heads of each batch item", () => {
    expect(countsOf({ batch: 2, keyHeads: 5, groupRows: 370, keyTime: 370 }, 2)).toEqual([4, 1, 4, 1]);
    expect(countsOf({ keyHeads: 3 }, 2)).toEqual([3]);
    expect(countsOf({ groupRows: 370, keyTime: 370 }, 16)).toEqual([4, 4, 4]);
  });
});
