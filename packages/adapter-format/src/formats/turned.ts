// A matrix the other way round: some programs keep a factor as PEFT has it turned.

import type { AdapterTensor } from "../adapter.ts";

/** [rows, columns] → [columns, rows] */
export function turned({ shape: [rows = 0, columns = 0], values }: AdapterTensor): AdapterTensor {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return { shape: [columns, rows], values: result };
}
