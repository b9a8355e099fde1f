// Searches and their answers as pairs of texts to be judged one by one, as a cross-encoder reads them.

import type { ComparisonExample, Example, SentenceExample } from "./example.ts";
import { ListedRows, type RowList } from "./row-list.ts";

/** Pairs, and where each is from. */
interface LabelledPairs {
  readonly pairs: RowList<Example>;
  /** The place of the row that a pair is of. */
  rowOf(pair: number): number;
}

/**
 * A pair for each text that a row of a comparison has beside its first: 1 for what belongs to it, 0 for what does not, or its
 * score. Pairs with the same first text are one search. Other rows stay as they are.
 *
 * @example
 * ```ts
 * import { labelledPairs } from "@lowrank/data";
 *
 * const { pairs } = labelledPairs([{ kind: "comparison", texts: ["reset?", "Press the key.", "It rains."] }]);
 * const labels = pairs.map((pair) => (pair.kind === "sentence" ? pair.label : undefined));
 * if (labels.join() !== "1,0") throw new Error("wrong pairs");
 * ```
 */
export function labelledPairs(rows: RowList<Example>): LabelledPairs {
  const numbers = new Map<string, number>();
  const rowOf: number[] = [];
  const placeOf: number[] = [];
  const searchOf: number[] = [];
  for (const [index, row] of rows.entries()) {
    const [first = "", ...others] = row.kind === "comparison" ? row.texts : ["", ""];
    const search = numbers.get(first) ?? numbers.size;
    if (row.kind === "comparison") numbers.set(first, search);
    for (const place of others.keys()) {
      rowOf.push(index);
      placeOf.push(place);
      searchOf.push(search);
    }
  }
  const pairs = new ListedRows<Example>(rowOf.length, (pair) => {
    const row = rows.at(rowOf[pair] ?? -1);
    return row?.kind === "comparison" ? pairOf(row, placeOf[pair] ?? 0, searchOf[pair] ?? 0) : row;
  });
  return { pairs, rowOf: (pair) => rowOf[pair] ?? 0 };
}

function pairOf({ texts, score }: ComparisonExample, place: number, search: number): SentenceExample {
  const [sentence = "", ...others] = texts;
  return { kind: "sentence", sentence, pair: others[place] ?? "", label: score ?? (place === 0 ? 1 : 0), search };
}
