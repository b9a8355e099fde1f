// What an answer that is always the same achieves on rows with classes or numbers: a model that learnt something is better.

import type { TokenizedExample } from "@lowrank/data";
import { classCounts } from "../report/data-facts.ts";
import { variance } from "./loss-trend.ts";

/** Such an answer, where it suits the rows best. */
export interface Guess {
  readonly rows: number;
  /** The entropy of the classes, which is ln of their number where all are equally frequent; or the variance of the numbers. */
  readonly loss: number;
  /** The share of the most frequent class. */
  readonly accuracy?: number;
}

/** Undefined for rows without one class or one number each. */
export function guessOf(rows: readonly TokenizedExample[]): Guess | undefined {
  const numbers = rows.flatMap((row) => (row.kind === "scored" && row.scores.length === 1 ? row.scores : []));
  if (numbers.length > 1) return { rows: numbers.length, loss: variance(numbers) };
  const counts = [...classCounts(rows).values()];
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const loss = counts.reduce((sum, count) => sum - (count / all) * Math.log(count / all), 0);
  return { rows: all, loss, accuracy: Math.max(...counts) / all };
}
