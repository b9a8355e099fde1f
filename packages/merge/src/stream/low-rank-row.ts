// One row of scale·left·right, four of its terms at a time: a row is read and written once for four.

import type { RowUpdate } from "@lowrank/math";

/** Adds the update's row to `sum` [columns]. */
export function addLowRankRow(
  sum: Float64Array,
  { left, right, rank, groups, scale }: RowUpdate,
  { row, rows }: { readonly row: number; readonly rows: number },
): void {
  const columns = sum.length;
  const group = Math.floor(row / (rows / groups));
  const from = group * rank * columns;
  let index = 0;
  for (; index + 4 <= rank; index += 4) {
    const place = row * rank + index;
    const [one, two] = [scale * (left[place] as number), scale * (left[place + 1] as number)];
    const [three, four] = [scale * (left[place + 2] as number), scale * (left[place + 3] as number)];
    let first = from + index * columns;
    let second = first + columns;
    let third = second + columns;
    let fourth = third + columns;
    for (let column = 0; column < columns; column += 1)
      sum[column] =
        (sum[column] as number) +
        one * (right[first++] as number) +
        two * (right[second++] as number) +
        three * (right[third++] as number) +
        four * (right[fourth++] as number);
  }
  for (; index < rank; index += 1) {
    const factor = scale * (left[row * rank + index] as number);
    const place = from + index * columns;
    for (let column = 0; column < columns; column += 1)
      sum[column] = (sum[column] as number) + factor * (right[place + column] as number);
  }
}
