// How much of the answers' tokens was found: F1, summed over the rows of a batch.

import type { TokenBatch } from "@lowrank/data";

/** In tokens. */
const longestAnswer = 30;

/** `logits` [rows, time, 2]: how likely an answer starts and ends at each token. The labels are the right places. */
export function spanOverlap(
  logits: ArrayLike<number>,
  { rows, time, attentionMask, labels }: Pick<TokenBatch, "rows" | "time" | "attentionMask" | "labels">,
): number {
  let sum = 0;
  for (let row = 0; row < rows; row += 1) {
    const isSeen = (index: number) => attentionMask[row * time + index] === 1;
    const logit = (index: number, column: 0 | 1) => logits[2 * (row * time + index) + column] ?? 0;
    let best = { start: 0, end: 0, value: Number.NEGATIVE_INFINITY };
    // The first token means "no answer", which no row here has.
    for (let start = 1; start < time; start += 1) {
      for (let end = start; end < Math.min(time, start + longestAnswer) && isSeen(end); end += 1) {
        const value = logit(start, 0) + logit(end, 1);
        if (value > best.value) best = { start, end, value };
      }
    }
    const [first = 0, last = 0] = [labels[2 * row], labels[2 * row + 1]];
    const common = Math.max(0, Math.min(best.end, last) - Math.max(best.start, first) + 1);
    sum += (2 * common) / (best.end - best.start + 1 + last - first + 1);
  }
  return sum;
}
