// Converts searches and their answers to labelled pairs of texts, which a cross-encoder scores one by one.

import type { ComparisonExample, Example, SentenceExample } from "./example.ts";
import { ListedRows, type RowList } from "./row-list.ts";

interface LabelledPairs {
  readonly pairs: RowList<Example>;
  /** The index of the pair's row. */
  rowOf(pair: number): number;
}

/**
 * For each comparison, the first text paired with each of its other texts. The label is the row's score, or 1 for the positive and 0
 * for negatives. Pairs with the same first text are one search. Other rows are unchanged.
 */
export function labelledPairs(rows: RowList<Example>): LabelledPairs {
  const numbers = new Map<string, number>();
  const rowOf: number[] = [];
  const indexOf: number[] = [];
  const searchOf: number[] = [];
  for (const [index, row] of rows.entries()) {
    const [first = "", ...others] = row.kind === "comparison" ? row.texts : ["", ""];
    const search = numbers.get(first) ?? numbers.size;
    if (row.kind === "comparison") numbers.set(first, search);
    for (const position of others.keys()) {
      rowOf.push(index);
      indexOf.push(position);
      searchOf.push(search);
    }
  }
  const pairs = new ListedRows<Example>(rowOf.length, (pair) => {
    const row = rows.at(rowOf[pair] ?? -1);
    return row?.kind === "comparison" ? pairOf(row, indexOf[pair] ?? 0, searchOf[pair] ?? 0) : row;
  });
  return { pairs, rowOf: (pair) => rowOf[pair] ?? 0 };
}

function pairOf({ texts, score }: ComparisonExample, position: number, search: number): SentenceExample {
  const [sentence = "", ...others] = texts;
  return { kind: "sentence", sentence, pair: others[position] ?? "", label: score ?? (position === 0 ? 1 : 0), search };
}
