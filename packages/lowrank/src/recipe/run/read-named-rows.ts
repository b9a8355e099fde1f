// What a command or a recipe says of data: where the rows are, and what their columns mean.

import type { ReadOptions } from "@lowrank/data";
import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { given } from "../../given.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import type { Notices } from "../../notices.ts";
import type { SourceContext } from "../../platform.ts";
import { readRows } from "../../rows/read-rows.ts";
import type { RowFile } from "../../rows/row-kinds.ts";
import type { AdapterSetup } from "../../setup/adapter-setup.ts";

/** What decides how rows are read. */
export interface ReadingOptions {
  readonly columns?: Readonly<Record<string, string>>;
  readonly header?: readonly string[];
  readonly skipBadRows?: boolean;
  /** What an adapter remembers of its own data. */
  readonly setup?: AdapterSetup;
}

/**
 * The rows of all that was named, one after the other. Throws a UsageError for names of columns where every row names its own, and
 * what `readRows` does.
 */
export async function readNamedRows(
  names: readonly string[],
  { columns, header, skipBadRows, setup }: ReadingOptions,
  context: SourceContext,
): Promise<RowFile> {
  if (header !== undefined) for (const name of names) refuseHeader(name);
  const onBrokenRows = skipBadRows === true ? warnOfBrokenRows(context.notices) : undefined;
  const read = given({ columns, header, onBrokenRows, remembered: setup });
  return readRows(names, { platform: nodePlatform, columns: read, context });
}

/** Throws a UsageError for a file in which every row names its own columns. */
export function refuseHeader(name: string): void {
  if (name === "-" || /\.[ct]sv(\.gz)?$/i.test(name)) return;
  throw new UsageError(
    `${named("header")} names the columns of a .csv or .tsv file; in "${name}" every row names its own.`,
  );
}

function warnOfBrokenRows({ warn }: Notices): NonNullable<ReadOptions["onBrokenRows"]> {
  return ({ file, count, problems: [first] }) => {
    const which = count === 1 ? "1 broken row" : `${count} broken rows`;
    const why = first === undefined ? "" : ` The first, ${first.row}: expected ${first.expected}, got ${first.found}.`;
    warn({ code: "ROWS_BROKEN", message: `${which} of "${file}" left out.${why}` });
  };
}
