// Options that ask for a variant of LoRA, as the table of variants has them.

import type { LoraConfig } from "@lowrank/adapter-format";
import { UsageError } from "../errors/usage-errors.ts";
import { variantOptions } from "../options/adapter-options.ts";
import type { RunChoices } from "./recipe.ts";

/** The options of variants. */
export type VariantChoices = Pick<RunChoices, (typeof variantOptions)[number]["name"]>;

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
