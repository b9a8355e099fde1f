// What a row is labelled with: a class, a number, or a list of classes.

import { parseJson } from "@lowrank/contracts";
import type { Label } from "../example.ts";
import { describe, type Refusal } from "./row-form.ts";

/** Whether `readLabel` found one. */
export function isLabel(result: Label | Refusal): result is Label {
  return typeof result !== "object" || Array.isArray(result);
}

/** The label, or why it is none. */
export function readLabel(value: unknown): Label | Refusal {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return readList(value);
  // CSV knows only texts; a text of digits is a number there, and a list is written as JSON has it.
  if (typeof value === "string" && isNumber(value)) return Number(value);
  if (typeof value === "string" && value.startsWith("[")) {
    const list = listIn(value);
    if (list !== undefined) return readList(list);
    const expected = 'a list of classes as JSON for "label", since it begins with "[": a class name must not begin so';
    return { expected, found: describe(value) };
  }
  if (typeof value === "string" && value.trim() !== "") return value;
  return {
    expected: 'a class number from 0, a class name, a number, or a list of classes for "label"',
    found: describe(value),
  };
}

function isNumber(text: string): boolean {
  return /^(-?\d{1,9}|-?(\d+\.\d*|\.\d+)(e[-+]?\d{1,3})?)$/i.test(text);
}

function listIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** All numbers or all names, each once: a row of 0 and 1 for each class has numbers twice and is not taken for classes. */
function readList(value: unknown): Label | Refusal {
  const isClass = (one: unknown): one is number | string =>
    typeof one === "number" ? Number.isSafeInteger(one) && one >= 0 : typeof one === "string" && one.trim() !== "";
  const isWhole = Array.isArray(value) && value.every((one) => isClass(one) && typeof one === typeof value[0]);
  if (isWhole && new Set(value).size === value.length) return value;
  const expected = 'class numbers from 0 or class names for "label", each once';
  return { expected, found: describe(value) };
}
