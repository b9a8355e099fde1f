// Keeps rows in memory.

import type { RowStore } from "./platform.ts";

/** Collects rows in an array, if there is no disk or there are few rows. */
export function keepInMemory<Row>(): RowStore<Row> {
  const rows: Row[] = [];
  return { add: (row) => void rows.push(row), finish: () => rows };
}
