import { expect, it } from "vitest";
import { placeImages } from "./image-grids.ts";

it("an image has one position in time, its tokens have rows and columns, and the text continues behind the longer side", () => {
  const [wide, small] = [
    { rows: 2, columns: 3 },
    { rows: 1, columns: 1 },
  ] as const;
  const images = { grids: [wide, small], token: 9 };
  const ids = [1, 9, 9, 9, 9, 9, 9, 2, 3];
  const padded = [0, 0, 0, 0, 0, 0, 1, 2, 3];
  const counted = [[0, 1, 2, 3, 4, 5, 6, 7, 8], padded];
  const { positions, places, shifts } = placeImages([ids, [0, 0, 0, 0, 0, 4, 9, 5, 6]], counted, images);
  expect(positions).toEqual([[0, 1, 1, 1, 1, 1, 1, 4, 5], padded]);
  const [rows, columns] = places;
  expect(rows[0]).toEqual([0, 1, 1, 1, 2, 2, 2, 4, 5]);
  expect(columns[0]).toEqual([0, 1, 2, 3, 1, 2, 3, 4, 5]);
  expect(shifts).toEqual([-3, 0]);
  expect(() => placeImages([[9, 9, 9, 1]], counted, images)).toThrow("row 0 of inputIds has only 3 tokens of image 0");
});
