// Which number each class name has. PEFT's files have no place for it, so it travels in the adapter's metadata.

import { enumerated, parseJson, printable } from "@lowrank/contracts";
import { type Example, labelIdsOf, type ProblemType, type RowList } from "@lowrank/data";
import { ClassNameError } from "../../errors/data-errors.ts";
import type { BaseClasses } from "../../open/base-config.ts";
import { countNumbers, rowClasses } from "./class-numbers.ts";

/** Entry of an adapter file's metadata: the class names as a JSON array, in order of their numbers. */
export const classNamesKey = "lowrank.class_names";

/** Classes of a data set. */
export interface Classes {
  readonly count: number;
  /** Numbers of class names; empty where the labels are numbers. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * Numbers the classes: by the names known already (of an adapter or of the model's config) where they cover the data,
 * else by the sorted names of the data. Throws ClassNameError when an adapter knows other names.
 */
export function numberClasses(
  examples: RowList<Example>,
  known: { readonly adapterNames?: readonly string[] | undefined; readonly modelNames: readonly string[] },
): Classes {
  const found = labelIdsOf(examples);
  if (found.size === 0) return { count: countNumbers(examples, rowClasses), ids: found };
  if (known.adapterNames !== undefined) {
    const strangers = [...found.keys()].filter((name) => !known.adapterNames?.includes(name));
    if (strangers.length > 0) throw new ClassNameError(strangers, known.adapterNames);
    return numbered(known.adapterNames);
  }
  const isCovered = [...found.keys()].every((name) => known.modelNames.includes(name));
  return isCovered ? numbered(known.modelNames) : { count: found.size, ids: found };
}

/**
 * How many outputs a classifier needs on this base: one for a regression, else as many as it has where the data fit into them,
 * and two at least.
 */
export function countClasses(
  examples: RowList<Example>,
  base: BaseClasses,
  problem: ProblemType | undefined = base.problemType ?? undefined,
): number {
  if (problem === "regression") return 1;
  const { count, ids } = numberClasses(examples, { modelNames: base.labelNames });
  const needed = Math.max(2, count);
  return ids.size === 0 ? Math.max(needed, base.labels) : needed;
}

/** The classes in a line for people: "3 classes: bad, good, so so". */
export function describeClasses({ count, ids }: Classes, problem?: ProblemType): string {
  if (problem === "regression") return "a number for each row (regression)";
  const several = problem === "multi_label_classification" ? ", any number of them for each row" : "";
  const names = [...ids].sort(([, one], [, other]) => one - other).map(([name]) => printable(name));
  return names.length === 0
    ? `${count} classes, by number${several}`
    : `${count} classes${several}: ${enumerated(names)}`;
}

/** The names as they are written into an adapter's metadata. */
export function encodeClassNames(ids: ReadonlyMap<string, number>): string {
  return JSON.stringify([...ids].sort(([, a], [, b]) => a - b).map(([name]) => name));
}

/** The names from an adapter's metadata, or undefined if there are none worth the name. */
export function decodeClassNames(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  try {
    const names: unknown = parseJson(metadata.get(classNamesKey) ?? "null");
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
  } catch {
    return undefined;
  }
}

function numbered(names: readonly string[]): Classes {
  return { count: names.length, ids: new Map(names.map((name, index) => [name, index])) };
}
