// Finds the best evaluation, and decides on early stopping.

import { missingMetricError } from "../errors.ts";
import type { EvaluationOptions } from "../train-options.ts";
import type { BestEvaluation, Metrics } from "../training-event.ts";

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

  get isExhausted(): boolean {
    return this.options.patience !== undefined && this.#sinceBest >= this.options.patience;
  }

  /**
   * Records an evaluation. A value that is not finite is never better, even as the first one: no value is better than NaN, and JSON
   * cannot store it. Throws MISSING_METRIC if the metric is absent.
   */
  add(step: number, metrics: Metrics): { readonly isBest: boolean; readonly best: BestEvaluation | undefined } {
    const { watch = "loss", higherIsBetter = false } = this.options;
    const value: number | undefined = Object.hasOwn(metrics, watch) ? metrics[watch] : undefined;
    if (value === undefined) throw missingMetricError(watch, Object.keys(metrics), step);
    const sign = higherIsBetter ? -1 : 1;
    const isBest = Number.isFinite(value) && (this.#best === undefined || sign * value < sign * this.#best.value);
    if (isBest) this.#best = { step, value };
    this.#sinceBest = isBest ? 0 : this.#sinceBest + 1;
    return { isBest, best: this.#best };
  }
}
