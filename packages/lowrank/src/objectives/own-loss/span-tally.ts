// How well a model finds answers, counted in tokens: a run has its rows as tokens alone. `measureAnswers` compares texts.

import type { TokenBatch } from "@lowrank/data";
import type { RowMetrics } from "../../metric-names.ts";
import { bestAnswer } from "../../predict/best-answer.ts";

/** Collects answers' places. */
export class SpanTally {
  #rows = 0;
  #exact = 0;
  #f1 = 0;

  /** `logits` [rows, time, 2] of a batch. */
  add(logits: ArrayLike<number>, { rows, time, attentionMask, labels }: TokenBatch): void {
    const mayBeNone = Array.from({ length: rows }, (_, row) => labels[2 * row] === 0).includes(true);
    for (let row = 0; row < rows; row += 1) {
      const own = (column: number) =>
        Array.from({ length: time }, (_, t) => logits[2 * (row * time + t) + column] ?? 0);
      const length = attentionMask.subarray(row * time, (row + 1) * time).reduce((sum, seen) => sum + seen, 0);
      const text = { length, contextStart: 1, contextLength: length - 1 };
      const found = bestAnswer({ starts: own(0), ends: own(1), ...text, mayBeNone });
      const [start, end] = found === undefined ? [0, 0] : [found[0] + 1, found[1] + 1];
      this.#note([start, end], [labels[2 * row] ?? 0, labels[2 * row + 1] ?? 0]);
    }
  }

  metrics(): Pick<RowMetrics, "exactMatch" | "f1"> {
    if (this.#rows === 0) return {};
    return { exactMatch: (100 * this.#exact) / this.#rows, f1: (100 * this.#f1) / this.#rows };
  }

  #note([start, end]: readonly [number, number], [first, last]: readonly [number, number]): void {
    this.#rows += 1;
    this.#exact += Number(start === first && end === last);
    const common = Math.max(0, Math.min(end, last) - Math.max(start, first) + 1);
    this.#f1 += (2 * common) / (end - start + 1 + (last - first + 1));
  }
}
