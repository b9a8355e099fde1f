// A row's class is a number or a name, and one file has one of the two: names are numbered from 0, so that beside
// numbers they would name other rows' classes.

import { MixedLabelsError, type RowProblem } from "../errors.ts";
import type { Example, Label } from "../example.ts";
import { describe, type Refusal } from "../row-forms/row-form.ts";
import type { RowList } from "../row-list.ts";

/** The label of a whole row, or undefined where a row has none. */
export function rowLabel(example: Example): Label | undefined {
  if (example.kind === "sentence" || example.kind === "image") return example.label;
  return example.kind === "tokens" && typeof example.labels === "number" ? example.labels : undefined;
}

const wanted = {
  number: "class number",
  string: "class name that is not a number",
  numbers: "list of class numbers",
  strings: "list of class names",
} as const;

type Kind = keyof typeof wanted;

/** A row with no class at all goes with every list. */
function kindOf(label: Label): Kind | undefined {
  if (typeof label === "number") return "number";
  if (typeof label === "string") return "string";
  if (label.length === 0) return undefined;
  return typeof label[0] === "number" ? "numbers" : "strings";
}

/** Looks at the rows of a file one by one: the first that has a class decides what the others may have. */
export class LabelKinds {
  #first: { readonly row: number; readonly kind: Kind } | undefined;

  /** Why the example does not go with those before it, or undefined if it does. `place` is "line" or "row". */
  add(row: number, example: Example, place: "line" | "row"): Refusal | undefined {
    const label = rowLabel(example);
    const kind = label === undefined ? undefined : kindOf(label);
    if (kind === undefined) return undefined;
    this.#first ??= { row, kind };
    if (this.#first.kind === kind) return undefined;
    return { expected: `a ${wanted[this.#first.kind]}, as in ${place} ${this.#first.row}`, found: describe(label) };
  }
}

/** Throws MixedLabelsError, naming rows from 1, where some classes are numbers and others names. */
export function checkLabelKinds(examples: RowList<Example>): void {
  const kinds = new LabelKinds();
  const problems: RowProblem[] = [];
  for (const [index, example] of examples.entries()) {
    const refusal = kinds.add(index + 1, example, "row");
    if (refusal !== undefined) problems.push({ row: index + 1, ...refusal });
  }
  if (problems.length > 0) throw new MixedLabelsError(problems);
}
