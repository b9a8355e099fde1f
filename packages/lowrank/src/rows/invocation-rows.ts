// Finds rows and prompts without the invocation tokens of an activated LoRA (PEFT's `alora_invocation_tokens`).

import type { LoraConfig } from "@lowrank/adapter-format";
import type { RowList, TokenizedExample } from "@lowrank/data/internal";
import { invocationMissing } from "../errors/data-errors.ts";
import type { Notices } from "../notices.ts";

/** Throws INVOCATION_MISSING if no row of a file has the adapter's tokens, and warns if some do not. */
export function checkRows(
  file: string,
  rows: RowList<TokenizedExample>,
  { config, notices }: { readonly config: LoraConfig; readonly notices: Notices },
): void {
  const tokens = config.activationTokens ?? [];
  if (tokens.length === 0) return;
  let without = 0;
  for (const { inputIds } of rows) if (!holds(inputIds, tokens)) without += 1;
  if (without === 0) return;
  if (without === rows.length) throw invocationMissing(file, tokens);
  const message = `${without} of ${rows.length} rows of "${file}" lack the invocation tokens [${tokens.join(", ")}]: the adapter learns nothing from them.`;
  notices.warn({ code: "ROWS_WITHOUT_INVOCATION", message });
}

/** Whether it acts only after certain tokens, so that a text's beginning cannot be computed before its end is known. */
export function needsInvocation(config: LoraConfig | undefined): boolean {
  return (config?.activationTokens ?? []).length > 0;
}

/** Whether rows with this adapter and rows with other adapters cannot share a batch. */
export function needsSeparatePass(config: LoraConfig | undefined): boolean {
  return needsInvocation(config) || (config?.targetParameters ?? []).length > 0;
}

/** Warns of prompts, numbered from 1, that only the base model answers. */
export function checkPrompts(
  prompts: readonly (readonly number[])[],
  { config, notices }: { readonly config: LoraConfig | undefined; readonly notices: Notices },
): void {
  const tokens = config?.activationTokens ?? [];
  const without = prompts.flatMap((ids, index) => (holds(ids, tokens) ? [] : [index + 1]));
  if (without.length === 0) return;
  const which = prompts.length === 1 ? "The prompt lacks" : `The prompts ${without.join(", ")} lack`;
  const message = `${which} the invocation tokens [${tokens.join(", ")}] of the adapter: only the base model answers.`;
  notices.warn({ code: "PROMPTS_WITHOUT_INVOCATION", message });
}

/** True without invocation tokens: such an adapter always acts. */
function holds(ids: readonly number[], tokens: readonly number[]): boolean {
  return tokens.length === 0 || ids.some((_, start) => tokens.every((token, index) => ids[start + index] === token));
}
