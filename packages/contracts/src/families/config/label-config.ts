// Reads the number of a classifier's classes, and their names.

import type { ProblemType } from "../config-values.ts";
import { type ConfigReader, jsonObject } from "./config-reader.ts";

const maxLabels = 1_000_000;
const problemTypes: readonly string[] = [
  "regression",
  "single_label_classification",
  "multi_label_classification",
] satisfies readonly ProblemType[];

/** The classes of a classifier. Default: two without names, as in transformers. */
export interface LabelConfig {
  readonly labels: number;
  readonly labelNames: readonly string[];
  readonly problemType: ProblemType | null;
}

/** Reads `id2label`, `num_labels` and `problem_type`; problems go to the reader. */
export function readLabels(reader: ConfigReader): LabelConfig {
  const listedNames = readNames(reader);
  const count = reader.integer("num_labels", { min: 1, max: maxLabels });
  if (listedNames && count !== null && count !== listedNames.length)
    reader.invalid("num_labels", count, `the number of names in id2label (${listedNames.length})`);
  const labels = listedNames?.length ?? count ?? 2;
  reader.peek("label2id");
  return { labels, labelNames: listedNames ?? numberedNames(labels), problemType: readProblemType(reader) };
}

function readNames(reader: ConfigReader): readonly string[] | null {
  const value = reader.peek("id2label") ?? null;
  if (value === null) return null;
  const object = jsonObject(value);
  if (!object || object.size === 0 || object.size > maxLabels) {
    reader.invalid("id2label", value, "an object of names by class number");
    return null;
  }
  const names: string[] = [];
  for (let index = 0; index < object.size; index += 1) {
    const name = object.get(String(index));
    if (typeof name === "string") names.push(name);
    else reader.invalid(`id2label.${index}`, name, "a string");
  }
  return names.length === object.size ? names : null;
}

function numberedNames(count: number): readonly string[] {
  return Number.isNaN(count) ? [] : Array.from({ length: count }, (_, index) => `LABEL_${index}`);
}

function readProblemType(reader: ConfigReader): ProblemType | null {
  const type = reader.text("problem_type");
  if (type === null || isProblemType(type)) return type;
  reader.invalid("problem_type", type, problemTypes.join(", "));
  return null;
}

function isProblemType(type: string): type is ProblemType {
  return problemTypes.includes(type);
}
