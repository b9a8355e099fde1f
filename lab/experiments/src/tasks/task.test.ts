import { expect, it } from "vitest";
import { parted } from "./task.ts";

it("searches for rates without reading a row that methods are compared on", () => {
  const rows = Array.from({ length: 10 }, (_, row) => row);
  expect(parted(rows, 5, {})).toEqual({ train: [0, 1, 2, 3, 5, 6, 7, 8], held: [4, 9] });
  expect(parted(rows, 5, { forRates: true })).toEqual({ train: [0, 1, 2, 5, 6, 7], held: [3, 8] });
});
