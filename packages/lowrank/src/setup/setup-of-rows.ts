// What an adapter remembers of the rows that it learned from.

import type { Example, ReadOptions, RowList } from "@lowrank/data";
import { given } from "../given.ts";
import type { AdapterSetup } from "./adapter-setup.ts";

/** The setup of an adapter that was trained on rows; the template's name is empty where none wrote them. */
export function setupOfRows(
  rows: RowList<Example>,
  template: string,
  { columns, header }: Pick<ReadOptions, "columns" | "header">,
): AdapterSetup {
  return given({ template: template === "" ? undefined : template, system: systemOf(rows), columns, header });
}

/** The setup on a base, whose path goes before one that was remembered. */
export function onBase(
  setup: AdapterSetup | undefined,
  { source: { basePath } }: { readonly source: { readonly basePath?: string | undefined } },
): AdapterSetup {
  return { ...setup, ...given({ basePath }) };
}

/** The system prompt of all of the rows; undefined where they are no conversations, or do not all begin alike. */
function systemOf(rows: RowList<Example>): string | undefined {
  const first = openingOf(rows.at(0));
  return first !== undefined && !rows.some((row) => openingOf(row) !== first) ? first : undefined;
}

function openingOf(row: Example | undefined): string | undefined {
  if (row?.kind !== "chat") return undefined;
  const [message] = row.messages;
  return message?.role === "system" ? message.content : undefined;
}
