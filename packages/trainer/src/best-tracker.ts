// Which evaluation was best, and whether to stop because none is better any more.

import type { EvaluationOptions, Metrics } from "./train-options.ts";
import type { BestEvaluation } from "./training-event.ts";

/** Keeps the best evaluation in mind. */
export class BestTracker {
  #best: BestEvaluation | undefined;
  #sinceBest: number;

  constructor(
    private readonly options: Pick<EvaluationOptions, "watch" | "higherIsBetter" | "patience">,
    best?: BestEvaluation,
    sinceBest = 0,
  ) {
    this.#best = best;
    this.#sinceBest = sinceBest;
  }

  get best(): BestEvaluation | undefined {
    return this.#best;
  }

  get evaluationsSinceBest(): number {
    return this.#sinceBest;
  }

  /** Whether patience has run out. */
  get isExhausted(): boolean {
    return this.options.patience !== undefined && this.#sinceBest >= this.options.patience;
  }

  /** Notes an evaluation. */
  add(step: number, metrics: Metrics): { readonly isBest: boolean; readonly best: BestEvaluation } {
    const value = metrics[this.options.watch ?? "loss"] ?? Number.NaN;
    const sign = this.options.higherIsBetter === true ? -1 : 1;
    const isBest = this.#best === undefined || sign * value < sign * this.#best.value;
    const best = isBest || this.#best === undefined ? { step, value } : this.#best;
    this.#best = best;
    this.#sinceBest = isBest ? 0 : this.#sinceBest + 1;
    return { isBest, best };
  }
}
