import { describe, expect, it } from "vitest";
import { alibiSlopes } from "./alibi.ts";

describe("alibiSlopes", () => {
  it("halve from head to head for eight heads, as in the paper", () => {
    expect([...alibiSlopes(8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((power) => 2 ** -power));
  });

  it("are every second one of twice as many heads beyond a power of two", () => {
    // Four heads have 1/4, 1/16, 1/64, 1/256; eight heads begin with 1/2, 1/4, 1/8.
    expect([...alibiSlopes(6)]).toEqual([1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]);
  });
});
