// What is known of a run's learning rate: the watched steps, where to go back to, and how often that was done.

import type { TrainingState } from "../state/training-state.ts";
import type { RateWatchOptions } from "../train-options.ts";
import type { RateRestart } from "../training-event.ts";
import { judgeRate, type RateVerdict, type WatchedStep, watchedSteps } from "./judge-rate.ts";

/** Watches until the last of the steps, or a warning. */
export class RateWatch {
  /** The variables before the first step; undefined where the rate is watched no more. */
  start: TrainingState["startVariables"];
  #steps: WatchedStep[];
  #restarts: readonly RateRestart[];

  constructor(
    private readonly options: RateWatchOptions | undefined,
    state: TrainingState | undefined,
  ) {
    this.#steps = [...(state?.rateWatch?.steps ?? [])];
    this.#restarts = state?.rateWatch?.restarts ?? [];
    this.start = options === undefined ? undefined : state?.startVariables;
  }

  get mayGoBack(): boolean {
    return this.start !== undefined && this.#restarts.length < (this.options?.restarts ?? 0);
  }

  /** What a checkpoint holds of it. */
  get state(): Pick<TrainingState, "rateWatch" | "startVariables"> {
    const restarts = this.#restarts;
    if (this.start !== undefined)
      return { rateWatch: { restarts, steps: [...this.#steps] }, startVariables: this.start };
    return restarts.length === 0 ? {} : { rateWatch: { restarts } };
  }

  /** Notes a step; NaN where the loss or a gradient was not finite. */
  add(...step: WatchedStep): void {
    if (this.start !== undefined) this.#steps.push(step);
  }

  judge(warmupSteps: number): RateVerdict | undefined {
    if (this.start === undefined) return undefined;
    const run = { warmupSteps, guess: this.options?.guess };
    const verdict = judgeRate(this.#steps, run);
    if (verdict === undefined && this.#steps.length >= watchedSteps(run)) this.start = undefined;
    return verdict;
  }

  /** Notes that the run goes back, and gives its first variables; undefined, and nothing is watched any more, where it may not. */
  goBack(restart: RateRestart): TrainingState["startVariables"] {
    if (!this.mayGoBack) {
      this.start = undefined;
      return undefined;
    }
    this.#restarts = [...this.#restarts, restart];
    this.#steps = [];
    return this.start;
  }
}
