// Where every other text of a batch counts as one that does not belong to a row's first text, the same text twice in a batch would
// teach the wrong thing.

import type { DrawnRows, RowList } from "../row-list.ts";
import type { TokenizedExample } from "../tokenized-example.ts";

/** Whether the other rows of a batch say what does not belong together. */
export function isRelated(example: TokenizedExample | undefined): boolean {
  return example?.kind === "comparison" && example.score === undefined;
}

/** As many batches of the same sizes; each row comes to the first that has none of its texts, as far as there is one with room. */
export function apart(
  batches: readonly (readonly number[])[],
  examples: RowList<TokenizedExample> & Pick<DrawnRows<TokenizedExample>, "textsAt">,
): readonly (readonly number[])[] {
  const made = batches.map(({ length }) => ({ size: length, indices: [] as number[], texts: new Set<string>() }));
  let firstOpen = 0;
  for (const index of batches.flat()) {
    const texts = examples.textsAt?.(index) ?? textsOf(examples.at(index));
    while ((made[firstOpen]?.indices.length ?? 0) >= (made[firstOpen]?.size ?? Number.POSITIVE_INFINITY))
      firstOpen += 1;
    const open = made.slice(firstOpen, firstOpen + farthest).filter(({ indices, size }) => indices.length < size);
    const chosen = open.find((batch) => !texts.some((text) => batch.texts.has(text))) ?? open[0];
    chosen?.indices.push(index);
    for (const text of texts) chosen?.texts.add(text);
  }
  return made.map(({ indices }) => indices);
}

/** How many batches are looked at for one row: many rows with one answer find no room apart in any. */
const farthest = 64;

function textsOf(example: TokenizedExample | undefined): readonly string[] {
  if (example?.kind !== "comparison") return [];
  return [example.inputIds, ...example.others].map((ids) => ids.join());
}
