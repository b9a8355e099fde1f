// The position of a layer in a table of blocks × kinds of layers.

import type { Place } from "../../protocol/picture.ts";

/** "model.layers.3.self_attn.q_proj" → block 3, "q_proj". */
export function placeOf(site: string): Place {
  const parts = site.split(".");
  const number = parts.find((part) => /^\d+$/.test(part));
  return { site, block: number === undefined ? undefined : Number(number), target: parts.at(-1) ?? site };
}
