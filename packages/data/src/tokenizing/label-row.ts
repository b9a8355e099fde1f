// Turns a row's label into a classifier's target: a class, or a value for each output.

import { ExampleError } from "../errors.ts";
import type { Label } from "../example.ts";
import type { ClassifiedSequence, ImageInputs, ScoredSequence, TokenMasks } from "../tokenized-example.ts";

/** The kind of labels, in transformers' words. */
export type ProblemType = "regression" | "single_label_classification" | "multi_label_classification";

/** How labels are read. */
export interface LabelMeaning {
  /** The number of each class name, for rows whose labels are names. */
  readonly labelIds?: ReadonlyMap<string, number>;
  /** Default: a list is multi-label, other labels are single-label. */
  readonly problem?: ProblemType | undefined;
  /** Number of classes, for multi-label rows. */
  readonly classes?: number | undefined;
}

/** The model's inputs in a row. */
export interface ReadRow extends TokenMasks, ImageInputs, Pick<ScoredSequence, "search"> {}

/** The row with its label. Throws ExampleError for a label of the wrong kind, and for an unknown class. */
export function labelRow(row: ReadRow, label: Label, meaning: LabelMeaning): ClassifiedSequence | ScoredSequence {
  const { problem = typeof label === "object" ? "multi_label_classification" : undefined, classes = 0 } = meaning;
  if (problem === "regression") {
    if (typeof label !== "number") throw new ExampleError(`A regression label must be a number, got ${shown(label)}.`);
    return { ...row, kind: "scored", scores: [label] };
  }
  if (problem === "multi_label_classification") {
    const indices = new Set((typeof label === "object" ? label : [label]).map((name) => numberOf(name, meaning)));
    const outside = [...indices].find((index) => index >= classes);
    if (outside !== undefined)
      throw new ExampleError(`The class ${outside} does not exist; expected a number below ${classes}.`);
    return { ...row, kind: "scored", scores: Array.from({ length: classes }, (_, id) => Number(indices.has(id))) };
  }
  if (typeof label === "object") throw new ExampleError(`A row must have one class, got ${shown(label)}.`);
  return { ...row, kind: "classified", label: numberOf(label, meaning) };
}

function numberOf(label: number | string, { labelIds }: LabelMeaning): number {
  const id = typeof label === "number" ? label : labelIds?.get(label);
  if (id !== undefined) return id;
  const known = [...(labelIds?.keys() ?? [])].slice(0, 20).map((name) => JSON.stringify(name));
  const names = known.length > 0 ? `expected one of ${known.join(", ")}` : "pass labelIds to number the class names";
  throw new ExampleError(`The class ${JSON.stringify(String(label).slice(0, 60))} has no class number; ${names}.`);
}

function shown(label: Label): string {
  return JSON.stringify(label).slice(0, 60);
}
