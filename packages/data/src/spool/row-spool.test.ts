import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { concatRows, selectRows } from "../row-list.ts";
import { RowSpool } from "./row-spool.ts";

const rows = Array.from({ length: 3000 }, (_, row) => ({
  text: `row ${row} ${"é안".repeat(row % 300)}`,
  labels: [row, -100, 2 ** 31 + row],
  ...(row % 7 === 0 ? { features: Float32Array.from([row, 0.1]) } : {}),
}));

const kept = (maxBytes: number) => {
  const spool = new RowSpool<(typeof rows)[number]>({ maxBytes });
  for (const row of rows) spool.add(row);
  return spool.finish();
};

describe("rows in a spool", () => {
  it.each([0, 10_000, 2 ** 26])("are the added ones, with %i bytes in memory", (maxBytes) => {
    const list = kept(maxBytes);
    expect(Array.isArray(list)).toBe(maxBytes === 2 ** 26);
    expect(list.length).toBe(rows.length);
    expect([...list]).toEqual(rows);
    for (const position of [2999, 0, 1500, 7]) expect(list.at(position)).toEqual(rows[position]);
    expect(list.at(3000)).toBeUndefined();
  });

  it("are a list as an array is", () => {
    const list = kept(0);
    expect(list.map(({ labels }, index) => [labels[0], index])).toEqual(rows.map((_, index) => [index, index]));
    expect(list.flatMap(({ labels }) => labels)).toEqual(rows.flatMap(({ labels }) => labels));
    expect(list.some(({ labels }) => labels[0] === 2999)).toBe(true);
    expect(list.some(() => false)).toBe(false);
    expect([...selectRows(list, [5, 2])]).toEqual([rows[5], rows[2]]);
    const joined = concatRows([list, [], rows.slice(0, 2)]);
    expect([joined.length, joined.at(3001), [...joined].length]).toEqual([3002, rows[1], 3002]);
  });

  it("leave no file behind", () => {
    const names = () => readdirSync(tmpdir()).filter((name) => name.startsWith("lowrank-rows-"));
    const before = names();
    expect(kept(0).length).toBe(rows.length);
    expect(names()).toEqual(before);
  });
});
