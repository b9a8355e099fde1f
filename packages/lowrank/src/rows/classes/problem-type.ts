// The problem type (kind of labels) – one class per row, a number, or several classes –, from the labels of the rows and from the
// model's files, as in transformers (`problem_type`).

import type { ModelConfig } from "@lowrank/contracts/families";
import { DataError, type Example } from "@lowrank/data";
import { type Label, type ProblemType, type RowList, type RowProblem, rowLabel } from "@lowrank/data/internal";

/** The problem type from the labels: lists mean several classes per row, fractions a regression. Undefined for others. */
export function problemOf(examples: RowList<Example>): ProblemType | undefined {
  const isFraction = (label: Label | undefined) => typeof label === "number" && !Number.isInteger(label);
  let hasFractions = false;
  for (const example of examples) {
    const label = rowLabel(example);
    if (typeof label === "object") return "multi_label_classification";
    hasFractions ||= isFraction(label);
  }
  return hasFractions ? "regression" : undefined;
}

/** The problem type of a loaded model; by default one output is a regression, as in transformers. */
export function problemOn(
  { problemType, labels }: Pick<ModelConfig, "problemType" | "labels">,
  ofRows: ProblemType | undefined,
): ProblemType {
  if (problemType !== null) return problemType;
  if (labels === 1) return "regression";
  return ofRows === "multi_label_classification" ? ofRows : "single_label_classification";
}

/** Throws a DataError that names the rows whose label does not fit the problem type. `rowOf` gives an example's number. */
export function checkProblem(
  file: string,
  examples: RowList<Example>,
  { problem, rowOf }: { readonly problem: ProblemType; rowOf(example: Example, index: number): number },
): void {
  const found = examples.flatMap((example, index): RowProblem[] => {
    const label = rowLabel(example);
    if (label === undefined || fits[problem].isRight(label)) return [];
    return [
      { row: rowOf(example, index), found: JSON.stringify(label).slice(0, 60), expected: fits[problem].expected },
    ];
  });
  if (found.length > 0) throw new DataError(file, found.slice(0, 10), { count: found.length, unit: "row" });
}

const isWhole = (label: number | string) => typeof label === "string" || Number.isInteger(label);

const fits: Readonly<Record<ProblemType, { readonly expected: string; isRight(label: Label): boolean }>> = {
  regression: { expected: "a number: this is a regression", isRight: (label) => typeof label === "number" },
  single_label_classification: {
    expected: "one class, by number or by name",
    isRight: (label) => typeof label !== "object" && isWhole(label),
  },
  multi_label_classification: {
    expected: "classes, by number or by name",
    isRight: (label) => (typeof label === "object" ? label : [label]).every(isWhole),
  },
};
