// Rows that stay where programs can have them: in memory.

import type { RowStore } from "./platform.ts";

/** Gathers rows in an array, where there is no disk to put them on, or there are few. */
export function keepInMemory<Row>(): RowStore<Row> {
  const rows: Row[] = [];
  return { add: (row) => void rows.push(row), finish: () => rows };
}
