// Made-up rows, as long as those of a data set that may not be shipped: time depends on lengths, not on what is said.

import type { Row } from "./job-data.ts";

/** Words of a sentence of SST-2's training set at every tenth of the rows, shortest first. */
const sentenceLengths = [1, 7, 10, 13, 15, 18, 20, 23, 27, 31, 51];

/** Words that every tokenizer knows whole. */
const words = "the a and of to in it is that this film movie story with for as but on its you more than by an be".split(
  " ",
);
const verdicts = ["bad", "good"] as const;

/** So many rows, always the same ones. Their class is said by their last word. */
export function standInRows(_data: "sst2", count: number): readonly Row[] {
  return Array.from({ length: count }, (_, row) => {
    const label = row % 2;
    const length = lengthAt(sentenceLengths, spread(row));
    const said = Array.from({ length: length - 1 }, (_, place) => words[(7 * row + 3 * place) % words.length]);
    return { sentence: [...said, verdicts[label]].join(" "), label };
  });
}

/** Numbers between 0 and 1 that lie evenly however many are taken. */
function spread(index: number): number {
  return (index * 0.618033988749895) % 1;
}

/** Between two tenths as on a straight line. */
export function lengthAt(tenths: readonly number[], share: number): number {
  const place = share * (tenths.length - 1);
  const below = tenths[Math.floor(place)] ?? 0;
  const above = tenths[Math.ceil(place)] ?? below;
  return Math.round(below + (above - below) * (place % 1));
}
