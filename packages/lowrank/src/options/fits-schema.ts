// Checks the value of an option against its schema, and describes the allowed values.

import { isObject } from "@lowrank/contracts/internal";
import type { ValueSchema } from "./option-table.ts";

/** Whether the schema allows the value. */
export function fits(value: unknown, schema: ValueSchema): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((option) => fits(value, option));
  if (schema.enum !== undefined) return schema.enum.some((allowed) => allowed === value);
  switch (schema.type) {
    case "array":
      return Array.isArray(value) && isAsLong(value, schema) && value.every((item) => fits(item, schema.items ?? {}));
    case "object":
      return isObject(value) && Object.values(value).every((item) => fits(item, schema.additionalProperties ?? {}));
    case "integer":
      return Number.isSafeInteger(value) && isInside(value as number, schema);
    case "number":
      return typeof value === "number" && Number.isFinite(value) && isInside(value, schema);
    case "string":
      return typeof value === "string" && (schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value));
    case undefined:
      return true;
    default:
      return typeof value === schema.type;
  }
}

function isAsLong({ length }: readonly unknown[], { minItems = 0, maxItems = length }: ValueSchema): boolean {
  return length >= minItems && length <= maxItems;
}

function isInside(value: number, { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: ValueSchema): boolean {
  if (minimum !== undefined && value < minimum) return false;
  if (maximum !== undefined && value > maximum) return false;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return false;
  return exclusiveMinimum === undefined || value > exclusiveMinimum;
}

/** Describes the allowed values in words: "a whole number, at least 1". */
export function describeSchema(schema: ValueSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeSchema).join(", or ");
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.type === "array" && schema.items !== undefined)
    return `a list${lengthOf(schema)}, each ${describeSchema(schema.items)}`;
  if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const limits = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`]),
  ];
  return [words[schema.type ?? "string"], limits.join(" and ")].filter(Boolean).join(", ");
}

function lengthOf({ minItems, maxItems }: ValueSchema): string {
  return minItems === undefined || minItems !== maxItems ? "" : ` of ${minItems}`;
}

const words: Readonly<Record<NonNullable<ValueSchema["type"]>, string>> = {
  boolean: "true or false",
  number: "a number",
  integer: "a whole number",
  string: "a text",
  array: "a list of texts",
  object: "names with text values",
};
