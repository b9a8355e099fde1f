// A page of a list, as OpenAI's clients read it: `after` is the last id of the page before.

import { Fields } from "./fields.ts";

interface PageLimits {
  readonly standard: number;
  readonly max: number;
}

/** Throws InvalidRequestError for a wrong `limit` or `after`. */
export function listPage<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: Readonly<Record<string, string>>,
  { standard, max }: PageLimits,
) {
  const fields = new Fields({ ...query, ...(query.limit !== undefined && { limit: Number(query.limit) }) });
  const limit = fields.integer("limit", { min: 1, max }) ?? standard;
  const { after } = query;
  const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) fields.fault("after", "there is no object with this id in the list");
  fields.end();
  const data = items.slice(start, start + limit);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: "list", data, ...ends, has_more: start + limit < items.length };
}
