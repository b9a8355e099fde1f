// Checks that the classes of a file are all numbers or all names. Names are numbered from 0, so next to numbers they could
// collide with other rows' classes.

import { mixedLabelsError, type RowProblem } from "../errors.ts";
import type { Example, Label } from "../example.ts";
import { describe, type Refusal } from "../row-forms/row-form.ts";
import type { RowList } from "../row-list.ts";

/** The label of a whole row; undefined if it has none. */
export function rowLabel(example: Example): Label | undefined {
  if (example.kind === "sentence" || example.kind === "image") return example.label;
  return example.kind === "tokens" && typeof example.labels === "number" ? example.labels : undefined;
}

const kindNames = {
  number: "class number",
  string: "class name that is not a number",
  numbers: "list of class numbers",
  strings: "list of class names",
} as const;

type Kind = keyof typeof kindNames;

/** An empty list fits lists of numbers and of names. */
function kindOf(label: Label): Kind | undefined {
  if (typeof label === "number") return "number";
  if (typeof label === "string") return "string";
  if (label.length === 0) return undefined;
  return typeof label[0] === "number" ? "numbers" : "strings";
}

/** Checks the rows of a file one by one. The first row with a class decides which kind the others must have. */
export class LabelKinds {
  #first: { readonly row: number; readonly kind: Kind } | undefined;

  /** The reason why the example does not fit the earlier ones; undefined if it does. `unit` is "line" or "row". */
  add(row: number, example: Example, unit: "line" | "row"): Refusal | undefined {
    const label = rowLabel(example);
    const kind = label === undefined ? undefined : kindOf(label);
    if (kind === undefined) return undefined;
    this.#first ??= { row, kind };
    if (this.#first.kind === kind) return undefined;
    return { expected: `a ${kindNames[this.#first.kind]}, as in ${unit} ${this.#first.row}`, found: describe(label) };
  }
}

/** Throws MIXED_LABELS with the row numbers, from 1, if some classes are numbers and others names. */
export function checkLabelKinds(examples: RowList<Example>): void {
  const kinds = new LabelKinds();
  const problems: RowProblem[] = [];
  for (const [index, example] of examples.entries()) {
    const refusal = kinds.add(index + 1, example, "row");
    if (refusal !== undefined) problems.push({ row: index + 1, ...refusal });
  }
  if (problems.length > 0) throw mixedLabelsError(problems);
}
