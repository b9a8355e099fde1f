// A vocabulary is in a .gguf file's metadata as well: long values are described, not shown.

import type { GgufValue } from "@lowrank/gguf";
import { formatCount } from "../terminal/format.ts";

/** A value in 60 characters at most. */
export function shortened(value: GgufValue): string {
  if (typeof value === "object" && value !== null && "length" in value) return `${formatCount(value.length)} values`;
  const text = String(value).replaceAll("\n", " ");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
