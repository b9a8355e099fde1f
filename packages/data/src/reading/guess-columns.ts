// Guesses which fields a file's columns are meant as. The guess is only shown in an error; it never changes how a file is read.

import { editDistance } from "@lowrank/contracts/internal";

/** The column of each field, as in `ReadOptions.columns`. */
export type Columns = Readonly<Record<string, string>>;

/** Common column names for each field, the most likely first. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  prompt: ["prompt", "question", "query", "input", "source", "src", "mr", "user", "human", "instruction", "context"],
  completion: [
    "completion",
    "answer",
    "response",
    "output",
    "target",
    "ref",
    "tgt",
    "reply",
    "chosen",
    "assistant",
    "summary",
  ],
  sentence: ["sentence", "text", "review", "comment", "tweet", "message", "content", "title", "sms", "description"],
  label: [
    "label",
    "labels",
    "class",
    "category",
    "sentiment",
    "intent",
    "topic",
    "topics",
    "rating",
    "score",
    "stars",
    "tag",
    "tags",
  ],
  text: ["text", "content", "document", "body", "article", "story"],
};

/** Forms that a file's columns may be meant as, the most specific first. */
const forms: readonly (readonly string[])[] = [["prompt", "completion"], ["sentence", "label"], ["text"]];

/**
 * The first form whose fields all have a column with a common name. Otherwise, for exactly two columns, the possible meanings
 * with the more likely one first. Otherwise an empty list.
 */
export function guessColumns(names: readonly string[]): readonly Columns[] {
  for (const fields of forms) {
    const pairs = fields.map((field) => [field, columnFor(field, names)] as const);
    if (pairs.every(([, column]) => column !== undefined)) return [Object.fromEntries(pairs) as Columns];
  }
  const [first, second, ...others] = names;
  if (first === undefined || second === undefined || others.length > 0) return [];
  const written = { prompt: first, completion: second };
  const judged = { sentence: first, label: second };
  return columnFor("sentence", [first]) === undefined ? [written, judged] : [judged, written];
}

/** The form that comes closest to a row's columns. */
export interface NearestForm {
  readonly name: string;
  /** The column of each field, if its name is the field's name or nearly that. */
  readonly columns: Columns;
  readonly missing: readonly string[];
}

/** The form of which the most fields are present, by name or nearly so; undefined if fewer than half of them are. */
export function nearestForm(
  names: readonly string[],
  forms: readonly { readonly name: string; readonly keys: readonly string[] }[],
): NearestForm | undefined {
  const [nearest] = forms
    .map(({ name, keys }) => {
      const columns: Record<string, string> = {};
      const spelt = keys.filter((key) => names.includes(key));
      for (const key of spelt) columns[key] = key;
      for (const key of keys.filter((each) => !spelt.includes(each))) {
        const usedColumns = Object.values(columns);
        const near = nearestColumn(
          key,
          names.filter((each) => !usedColumns.includes(each)),
        );
        if (near !== undefined) columns[key] = near;
      }
      const missing = keys.filter((key) => columns[key] === undefined);
      return { name, columns: inOrder(columns, keys), missing, share: 1 - missing.length / keys.length };
    })
    .filter(({ share }) => share >= 0.5)
    .sort((one, other) => other.share - one.share || one.missing.length - other.missing.length);
  return nearest;
}

function inOrder(columns: Columns, keys: readonly string[]): Columns {
  return Object.fromEntries(keys.flatMap((key) => (columns[key] === undefined ? [] : [[key, columns[key]]])));
}

/** The column that a misspelt name most likely means; undefined if no name is near. */
export function nearestColumn(wanted: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.round(wanted.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.name;
}

/** Whether a table's first line is probably a row, not column names: names have letters and are short. */
export function looksLikeRow(names: readonly string[]): boolean {
  return names.some(
    (name) => name.length > 40 || /^[-+]?\d+([.,]\d+)?$/.test(name) || name.trim().split(/\s+/).length > 4,
  );
}

/** The option as a program writes it: `columns: { prompt: "mr", completion: "ref" }`. */
export function columnsOption(columns: Columns): string {
  const pairs = Object.entries(columns).map(([field, column]) => `${field}: ${JSON.stringify(column)}`);
  return `\`columns: { ${pairs.join(", ")} }\``;
}

function columnFor(field: string, names: readonly string[]): string | undefined {
  for (const otherName of otherNames[field] ?? []) {
    const found = names.find((name) => name.toLowerCase() === otherName);
    if (found !== undefined) return found;
  }
  return undefined;
}
