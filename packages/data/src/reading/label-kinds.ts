// A row's class is a number or a name, and one file has one of the two: names are numbered from 0, so that beside
// numbers they would name other rows' classes.

import { MixedLabelsError, type RowProblem } from "../errors.ts";
import type { Example } from "../example.ts";
import { describe, type Refusal } from "../row-forms/row-form.ts";

/** The class of a whole row, or undefined where a row has none. */
function classOf(example: Example): number | string | undefined {
  if (example.kind === "sentence") return example.label;
  return example.kind === "tokens" && typeof example.labels === "number" ? example.labels : undefined;
}

/** Looks at the rows of a file one by one: the first that has a class decides what the others may have. */
export class LabelKinds {
  #first: { readonly row: number; readonly type: string } | undefined;

  /** Why the example does not go with those before it, or undefined if it does. `place` is "line" or "row". */
  add(row: number, example: Example, place: "line" | "row"): Refusal | undefined {
    const label = classOf(example);
    if (label === undefined) return undefined;
    this.#first ??= { row, type: typeof label };
    if (this.#first.type === typeof label) return undefined;
    const wanted = this.#first.type === "number" ? "number" : "name that is no number";
    return { expected: `a class ${wanted}, as in ${place} ${this.#first.row}`, found: describe(label) };
  }
}

/** Throws MixedLabelsError, naming rows from 1, where some classes are numbers and others names. */
export function checkLabelKinds(examples: readonly Example[]): void {
  const kinds = new LabelKinds();
  const problems: RowProblem[] = [];
  for (const [index, example] of examples.entries()) {
    const refusal = kinds.add(index + 1, example, "row");
    if (refusal !== undefined) problems.push({ row: index + 1, ...refusal });
  }
  if (problems.length > 0) throw new MixedLabelsError(problems);
}
