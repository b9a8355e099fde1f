// How an adapter was trained to be used: PEFT's files have no place for it, so it lies in a small file beside them. The file may
// come from a stranger: it names things, and nothing in it is ever run.

import { parseJson } from "@lowrank/contracts";
import type { Example, ReadOptions, RowList } from "@lowrank/data";
import { given } from "../given.ts";

export interface AdapterSetup {
  /** Name of the template that its rows were written with. */
  readonly template?: string;
  /** What stood before every conversation that it learned from. */
  readonly system?: string;
  /** Which column of its data was which field. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Names of its data's columns, where a table had no line of names. */
  readonly header?: readonly string[];
  /** The base's folder or .gguf file, where it was no name of the Hub: absolute, or in a file on a disk relative to its folder. */
  readonly basePath?: string;
}

export interface SetupFolder {
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
}

export const setupFile = "lowrank_setup.json";

const maxBytes = 256_000;
/** A text that is longer is no longer a setting but data. */
const maxTextLength = 32_000;
const maxColumns = 64;

/** The setup as a file, name and text; none where there is nothing to remember. */
export function setupFiles(setup: AdapterSetup): readonly (readonly [file: string, text: string])[] {
  const kept = checked({ ...setup });
  return Object.keys(kept).length === 0 ? [] : [[setupFile, `${JSON.stringify(kept, null, 2)}\n`]];
}

/** Reads the file beside an adapter. What is missing, damaged or odd is not remembered. */
export async function readSetup(files: SetupFolder): Promise<AdapterSetup> {
  if (!(await files.has(setupFile))) return {};
  return parseSetup(await files.readText(setupFile, { maxBytes }).catch(() => undefined));
}

/** What the file's text says; an adapter is worth more than what is remembered of it, so nothing of a text that is damaged. */
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
  return given({
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
