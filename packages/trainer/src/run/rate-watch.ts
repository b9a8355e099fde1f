// What is known of a run's learning rate: the watched steps, where to go back to, and how often that was done.

import type { TrainingState } from "../state/training-state.ts";
import type { RateWatchOptions } from "../train-options.ts";
import type { RateRestart } from "../training-event.ts";
import { judgeRate, type RateVerdict, type WatchedStep, watchedSteps } from "./judge-rate.ts";

/** Watches until the last of the steps, or a warning. */
export class RateWatch {
  /** The variables before the first step, while the run may go back to them. */
  start: TrainingState["startVariables"];
  /** Undefined where the rate is no longer watched. */
  #steps: WatchedStep[] | undefined;
  #restarts: readonly RateRestart[];

  constructor(
    private readonly options: RateWatchOptions | undefined,
    state: TrainingState | undefined,
  ) {
    const steps = state === undefined ? [] : state.rateWatch?.steps;
    this.#steps = options === undefined || steps === undefined ? undefined : [...steps];
    this.#restarts = state?.rateWatch?.restarts ?? [];
    this.start = this.hasRestart ? state?.startVariables : undefined;
  }

  /** Whether the rate is watched and a restart is left. */
  get hasRestart(): boolean {
    return this.#steps !== undefined && this.#restarts.length < (this.options?.restarts ?? 0);
  }

  get mayGoBack(): boolean {
    return this.start !== undefined;
  }

  /** What a checkpoint holds of it. */
  get state(): Pick<TrainingState, "rateWatch" | "startVariables"> {
    const [restarts, steps, start] = [this.#restarts, this.#steps, this.start];
    if (steps === undefined) return restarts.length === 0 ? {} : { rateWatch: { restarts } };
    return { rateWatch: { restarts, steps: [...steps] }, ...(start === undefined ? {} : { startVariables: start }) };
  }

  /** Notes a step; NaN where the loss or a gradient was not finite. */
  add(...step: WatchedStep): void {
    this.#steps?.push(step);
  }

  judge(warmupSteps: number): RateVerdict | undefined {
    if (this.#steps === undefined) return undefined;
    const run = { warmupSteps, guess: this.options?.guess };
    const verdict = judgeRate(this.#steps, run);
    if (verdict === undefined && this.#steps.length >= watchedSteps(run)) this.#stop();
    return verdict;
  }

  /** Notes that the run goes back, and gives its first variables; undefined, and nothing is watched any more, where it may not. */
  goBack(restart: RateRestart): TrainingState["startVariables"] {
    const { start } = this;
    if (start === undefined) {
      this.#stop();
      return undefined;
    }
    this.#restarts = [...this.#restarts, restart];
    this.#steps = [];
    if (!this.hasRestart) this.start = undefined;
    return start;
  }

  #stop(): void {
    this.#steps = undefined;
    this.start = undefined;
  }
}
