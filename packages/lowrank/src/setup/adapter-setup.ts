// Settings of an adapter's training that its users need. PEFT's files have no field for them, so they are in a small file next to them.
// The file may be from a stranger: it only has names, and nothing in it is executed.

import { parseJson } from "@lowrank/contracts/internal";
import type { Example } from "@lowrank/data";
import type { ReadOptions, RowList } from "@lowrank/data/internal";
import { omitUndefined } from "../omit-undefined.ts";

export interface AdapterSetup {
  /** Name of the prompt template of its rows. */
  readonly template?: string;
  /** The system prompt that all conversations in its data had. */
  readonly system?: string;
  /** The columns of its data, by field. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Column names of its data, if a table had no header. */
  readonly header?: readonly string[];
  /** Path of the base, if it has no name on the Hub: absolute, or in the file relative to its folder. */
  readonly basePath?: string;
}

export interface SetupFolder {
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
}

export const setupFile = "lowrank_setup.json";

const maxBytes = 256_000;
/** A longer text is data, not a setting. */
const maxTextLength = 32_000;
const maxColumns = 64;

/** The settings as a file, by name; empty without settings. */
export function setupFiles(setup: AdapterSetup): readonly (readonly [file: string, text: string])[] {
  const settings = checked({ ...setup });
  return Object.keys(settings).length === 0 ? [] : [[setupFile, `${JSON.stringify(settings, null, 2)}\n`]];
}

/** Reads the file next to an adapter. Ignores missing, damaged and invalid settings. */
export async function readSetup(files: SetupFolder): Promise<AdapterSetup> {
  if (!(await files.has(setupFile))) return {};
  return parseSetup(await files.readText(setupFile, { maxBytes }).catch(() => undefined));
}

/** The settings in the file's text; none in a damaged file, because the adapter is usable without them. */
export function parseSetup(text: string | Uint8Array | undefined): AdapterSetup {
  try {
    return typeof text === "string" ? checked(parseJson(text)) : {};
  } catch {
    return {};
  }
}

function checked(value: unknown): AdapterSetup {
  if (typeof value !== "object" || value === null) return {};
  const { template, system, columns, header, basePath } = value as Readonly<Record<string, unknown>>;
  return omitUndefined({
    template: asText(template),
    system: asText(system),
    columns: asColumns(columns),
    header: asNames(header),
    basePath: asText(basePath),
  });
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= maxTextLength ? value : undefined;
}

function asNames(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxColumns) return undefined;
  return value.every((name): name is string => asText(name) !== undefined) ? value : undefined;
}

function asColumns(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const pairs = Object.entries(value);
  const names = asNames(pairs.flat());
  return names === undefined ? undefined : Object.fromEntries(pairs);
}

/** The settings of an adapter that was trained on rows; the template's name is empty for rows without one. */
export function setupOfRows(
  rows: RowList<Example>,
  template: string,
  { columns, header }: Pick<ReadOptions, "columns" | "header">,
): AdapterSetup {
  return omitUndefined({ template: template === "" ? undefined : template, system: systemOf(rows), columns, header });
}

/** The settings on a base, with its current path. */
export function onBase(
  setup: AdapterSetup | undefined,
  { source: { basePath } }: { readonly source: { readonly basePath?: string | undefined } },
): AdapterSetup {
  return { ...setup, ...omitUndefined({ basePath }) };
}

/** The system prompt of all rows; undefined if they are not conversations or do not all have the same. */
function systemOf(rows: RowList<Example>): string | undefined {
  const first = openingOf(rows.at(0));
  return first !== undefined && !rows.some((row) => openingOf(row) !== first) ? first : undefined;
}

function openingOf(row: Example | undefined): string | undefined {
  const example = row?.kind === "prompt" ? row.asked : row;
  if (example?.kind !== "chat") return undefined;
  const [message] = example.messages;
  return message?.role === "system" ? message.content : undefined;
}
