// Options that ask for a variant of LoRA, as the table of variants has them.

import {
  type LoraConfig,
  type VariantName,
  type VariantOption,
  type variantFacts,
  variants,
} from "@lowrank/adapter-format";
import { UsageError } from "../errors/usage-errors.ts";

type Known = Extract<(typeof variantFacts)[VariantName], { readonly option: VariantOption }>["option"];

/** By their names. */
export type VariantChoices = {
  readonly [Option in Known as Option["name"]]?: Option["kind"] extends "flag" ? boolean : string;
};

/** All of them. */
export const variantOptions = variants.flatMap(({ option }) => option ?? []) as readonly Known[];

/** Whether one was given whose text has to become tokens. */
export function asksForTokens(choices: VariantChoices): boolean {
  return variantOptions.some(({ name, kind }) => kind === "tokens" && choices[name] !== undefined);
}

/**
 * The fields of the configuration that were asked for. `encode` gives the ids of a text within another one.
 *
 * @throws UsageError for a text without tokens
 */
export function variantFields(
  choices: VariantChoices,
  encode: ((text: string) => readonly number[]) | undefined,
): Partial<LoraConfig> {
  const fields = variantOptions.flatMap(({ name, field }): [keyof LoraConfig, unknown][] => {
    const choice = choices[name];
    if (choice === undefined || (typeof choice === "string" && encode === undefined)) return [];
    if (typeof choice === "boolean") return [[field, choice]];
    const ids = encode?.(choice) ?? [];
    if (ids.length > 0) return [[field, ids]];
    throw new UsageError(`\`${name}\` has no token to wait for. Give at least one word or mark.`);
  });
  return Object.fromEntries(fields);
}
