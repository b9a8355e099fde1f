// Maps class names to class numbers. PEFT's files have no field for them, so they are in the adapter's metadata.

import { enumerated, jsonIn, printable } from "@lowrank/contracts/internal";
import type { Example } from "@lowrank/data";
import { labelIdsOf, type ProblemType, type RowList } from "@lowrank/data/internal";
import { ClassNameError } from "../../errors/data-errors.ts";
import type { BaseClasses } from "../../open/base-config.ts";
import { countNumbers, rowClasses } from "./class-numbers.ts";

/** Key in an adapter file's metadata: the class names as a JSON array, in the order of the class numbers. */
export const classNamesKey = "lowrank.class_names";

export interface Classes {
  readonly count: number;
  /** Numbers of class names; empty if the labels are numbers. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Known class names before the rows are read, in the order of the class numbers. */
export interface KnownClasses {
  readonly classNames?: readonly string[] | undefined;
  readonly adapterNames?: readonly string[] | undefined;
  readonly modelNames: readonly string[];
  /** Whether the classifier is already trained, so that each number has a meaning. */
  readonly isTrained?: boolean | undefined;
}

/** Numbers classes by given or saved names, else by the model's if they cover the data, else sorted. Throws ClassNameError. */
export function numberClasses(examples: RowList<Example>, known: KnownClasses): Classes {
  const { classNames, adapterNames, modelNames, isTrained = false } = known;
  const found = labelIdsOf(examples);
  const names = classNames ?? adapterNames;
  if (classNames !== undefined) checkNames(classNames, known);
  if (found.size === 0) {
    const count = countNumbers(examples, rowClasses);
    return names === undefined || count > names.length ? { count, ids: found } : numbered(names);
  }
  const strangersTo = (known: readonly string[]) => [...found.keys()].filter((name) => !known.includes(name));
  const strangers = strangersTo(names ?? modelNames);
  if (strangers.length === 0) return numbered(names ?? modelNames);
  if (names !== undefined) throw new ClassNameError("unknown", strangers, names);
  if (isTrained) throw new ClassNameError("unnamed", strangers, modelNames);
  return { count: found.size, ids: found };
}

/** Throws ClassNameError unless there is one name per class, and the names match the adapter's. */
export function checkNames(classNames: readonly string[], { adapterNames, modelNames, isTrained }: KnownClasses): void {
  const isOther = adapterNames !== undefined && adapterNames.join("\n") !== classNames.join("\n");
  if (isOther) throw new ClassNameError("contradicted", classNames, adapterNames);
  const isMiscounted = new Set(classNames).size !== classNames.length;
  if (isMiscounted || (isTrained === true && classNames.length !== modelNames.length)) {
    throw new ClassNameError("miscounted", classNames, modelNames);
  }
}

interface ClassSettings {
  readonly problem?: ProblemType | undefined;
}

/** Outputs of a classifier: 1 for a regression, else the base's number if it covers the data, and at least 2. */
export function countClasses(
  examples: RowList<Example>,
  base: BaseClasses,
  { problem = base.problemType ?? undefined, classNames }: Pick<KnownClasses, "classNames"> & ClassSettings = {},
): number {
  if (problem === "regression") return 1;
  const { count, ids } = numberClasses(examples, { classNames, modelNames: base.labelNames });
  const needed = Math.max(2, count);
  return ids.size === 0 ? Math.max(needed, base.labels) : needed;
}

/** The classes as text: "3 classes: bad, good, so so". */
export function describeClasses({ count, ids }: Classes, problem?: ProblemType): string {
  if (problem === "regression") return "a number for each row (regression)";
  const several = problem === "multi_label_classification" ? ", any number of them for each row" : "";
  const names = [...ids].sort(([, one], [, other]) => one - other).map(([name]) => printable(name));
  return names.length === 0
    ? `${count} classes, by number${several}`
    : `${count} classes${several}: ${enumerated(names)}`;
}

export function encodeClassNames(ids: ReadonlyMap<string, number>): string {
  return JSON.stringify([...ids].sort(([, a], [, b]) => a - b).map(([name]) => name));
}

/** The names in an adapter's metadata, or undefined without valid names. */
export function decodeClassNames(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  const names = jsonIn(metadata.get(classNamesKey) ?? "null");
  return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
}

function numbered(names: readonly string[]): Classes {
  return { count: names.length, ids: new Map(names.map((name, index) => [name, index])) };
}
