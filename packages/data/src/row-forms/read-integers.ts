// Integers of rows that are tokens already.

import type { TokenMasks } from "../tokenized-example.ts";
import { describe, type Fields, type Refusal } from "./row-form.ts";

/** Above this no vocabulary reaches, and an Int32Array would wrap. */
export const largestId = 2 ** 31 - 1;

/** The named field as integers: as many as are asked for, at least one otherwise. */
export function readIntegers(
  fields: Fields,
  name: string,
  lowest: number,
  length?: number,
): readonly number[] | Refusal {
  const value = fields.get(name);
  const many = length === undefined ? "at least one integer" : `${length} integers, one for each token,`;
  if (!Array.isArray(value) || value.length === 0 || (length !== undefined && value.length !== length)) {
    const found = Array.isArray(value) ? `${value.length}` : describe(value);
    return { expected: `${many} for "${name}"`, found };
  }
  const at = value.findIndex((entry) => !Number.isInteger(entry) || entry < lowest || entry > largestId);
  if (at !== -1) return { expected: `an integer from ${lowest} at "${name}"[${at}]`, found: describe(value[at]) };
  return value as readonly number[];
}

/** The named field as one integer. */
export function readInteger(
  fields: Fields,
  name: string,
  { lowest, highest }: { readonly lowest: number; readonly highest: number },
): number | Refusal {
  const value = fields.get(name);
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  return { expected: `an integer from ${lowest} to ${highest} for "${name}"`, found: describe(value) };
}

/** The lists that are there, each with one entry for each token. */
export function readMasks(fields: Fields, length: number): TokenMasks | Refusal {
  const masks: { attentionMask?: readonly number[]; tokenTypeIds?: readonly number[] } = {};
  for (const [key, name] of [
    ["attentionMask", "attention_mask"],
    ["tokenTypeIds", "token_type_ids"],
  ] as const) {
    if (fields.get(name) === undefined) continue;
    const values = readIntegers(fields, name, 0, length);
    if ("found" in values) return values;
    masks[key] = values;
  }
  return masks;
}
