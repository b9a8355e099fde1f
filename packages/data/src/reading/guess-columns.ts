// What the columns of a file are most likely to be, where they have names of their own: said in a refusal, never acted upon.

import { editDistance } from "@lowrank/contracts";

/** Which column is which field: as `ReadOptions.columns`. */
export type Columns = Readonly<Record<string, string>>;

/** What fields are called in files that people have, the likeliest first. */
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

/** Forms that a file's columns may be meant as, the more telling first. */
const forms: readonly (readonly string[])[] = [["prompt", "completion"], ["sentence", "label"], ["text"]];

/**
 * The form that all of whose fields have a column by one of their usual names; else what two columns may be, the likelier first; none
 * for any other number of them.
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

/** A form that rows have almost. */
export interface NearestForm {
  readonly name: string;
  /** Which column is which of its fields, or is spelt much like it. */
  readonly columns: Columns;
  readonly missing: readonly string[];
}

/** The form of which the largest part of the fields is there, by name or nearly; undefined where it is less than half. */
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
        const taken = Object.values(columns);
        const near = nearestColumn(
          key,
          names.filter((each) => !taken.includes(each)),
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

/** What somebody meant who named a column that there is not; undefined where no name is near. */
export function nearestColumn(asked: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: editDistance(asked.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.round(asked.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.name;
}

/** Whether the first line of a table is a row and no line of names: names have letters, and are short. */
export function looksLikeRow(names: readonly string[]): boolean {
  return names.some(
    (name) => name.length > 40 || /^[-+]?\d+([.,]\d+)?$/.test(name) || name.trim().split(/\s+/).length > 4,
  );
}

/** As a program writes it: `columns: { prompt: "mr", completion: "ref" }`. */
export function columnsOption(columns: Columns): string {
  const pairs = Object.entries(columns).map(([field, column]) => `${field}: ${JSON.stringify(column)}`);
  return `\`columns: { ${pairs.join(", ")} }\``;
}

function columnFor(field: string, names: readonly string[]): string | undefined {
  for (const usual of otherNames[field] ?? []) {
    const found = names.find((name) => name.toLowerCase() === usual);
    if (found !== undefined) return found;
  }
  return undefined;
}
