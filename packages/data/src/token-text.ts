// A special token in tokenizer_config.json: a text, or {"content": …}.

import { isObject } from "@lowrank/contracts";

/** Its text; undefined for anything else. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value.content === "string" ? value.content : undefined;
}
