// How good an answer is. Also for the command line: lowrank train --objective grpo --reward examples/learn-json-by-reward/reward.ts

import { readFileSync } from "node:fs";
import type { Reward } from "lowrank";

const schema: { readonly properties: Readonly<Record<string, { readonly type: string }>> } = JSON.parse(
  readFileSync(new URL("schema.json", import.meta.url), "utf8"),
);
const properties = Object.entries(schema.properties);

/** Two parts, each from 0 to 1: the form of the answer, and the share of the values that are those of the row. */
const reward: Reward = ({ completion, row }) => {
  const value = firstObject(completion)?.value ?? {};
  const right = properties.filter(([key]) => value[key] !== undefined && value[key] === row[key]);
  return { form: formOf(completion), values: right.length / properties.length };
};

export default reward;

/**
 * 1 if the answer is an object of the schema and nothing else. Most answers of an untrained model are equally wrong, and
 * groups of equal rewards teach nothing. So a part of the credit goes to each right key, and to little text around the object.
 */
export function formOf(completion: string): number {
  const found = firstObject(completion);
  if (found === undefined) return completion.trimStart().startsWith("{") ? 0.1 : 0;
  const isOfType = (value: unknown, type: string) =>
    type === "integer" ? Number.isInteger(value) : typeof value === type;
  const fitting = properties.filter(([key, { type }]) => isOfType(found.value[key], type)).length;
  const keys = Object.keys(found.value).length;
  return (
    // Tenths, so that the sum of a right answer is 1 exactly.
    (2 + (4 * fitting) / Math.max(properties.length, keys) + (4 * found.text.length) / completion.trim().length) / 10
  );
}

/** The first {…} of a text, if it parses. */
function firstObject(text: string): { readonly text: string; readonly value: Record<string, unknown> } | undefined {
  const [found] = /\{[^{}]*\}/.exec(text) ?? [];
  try {
    return found === undefined ? undefined : { text: found, value: JSON.parse(found) };
  } catch {
    return undefined;
  }
}
