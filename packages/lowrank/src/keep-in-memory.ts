// Rows that stay where programs can have them: in memory.

import type { RowKeeper } from "./platform.ts";

/** Gathers rows in an array, where there is no disk to put them on, or there are few. */
export function keepInMemory<Row>(): RowKeeper<Row> {
  const rows: Row[] = [];
  return { add: (row) => void rows.push(row), finish: () => rows };
}
