// Rows whose columns have names of their own, by what an adapter remembers of its data.

import { DataError, DataFileError, type ReadOptions } from "@lowrank/data";
import { given } from "../given.ts";
import type { AdapterSetup } from "./adapter-setup.ts";

type ColumnOptions = Pick<ReadOptions, "columns" | "header">;

/** Reads rows with the columns that were asked for, else those that the adapter's data had, else as they name themselves. */
export async function readAsRemembered<Rows>(
  read: (columns: ColumnOptions) => Promise<Rows>,
  asked: ColumnOptions,
  { columns, header }: AdapterSetup = {},
): Promise<Rows> {
  const remembered = given({ columns, header });
  const isAsked = asked.columns !== undefined || asked.header !== undefined;
  if (isAsked || Object.keys(remembered).length === 0) return read(asked);
  try {
    return await read(remembered);
  } catch (error) {
    if (!(error instanceof DataError) && !(error instanceof DataFileError)) throw error;
    return read({}); // other data than it learned from
  }
}
