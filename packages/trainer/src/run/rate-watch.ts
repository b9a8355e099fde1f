// Watches whether a run's learning rate suits it: the watched steps, the variables to return to, and the restarts so far.

import type { TrainingState } from "../state/training-state.ts";
import type { RateWatchOptions } from "../train-options.ts";
import type { RateRestart } from "../training-event.ts";
import { judgeRate, type RateVerdict, type WatchedStep, watchedSteps } from "./judge-rate.ts";

/** Watches the first steps, until the last of them or a warning. */
export class RateWatch {
  /** The variables before the first step, as long as the run may restart. */
  start: TrainingState["startVariables"];
  /** Undefined if the rate is no longer watched. */
  #steps: WatchedStep[] | undefined;
  #restarts: readonly RateRestart[];

  constructor(
    private readonly options: RateWatchOptions | undefined,
    state: TrainingState | undefined,
  ) {
    const steps = state === undefined ? [] : state.rateWatch?.steps;
    this.#steps = options === undefined || steps === undefined ? undefined : [...steps];
    this.#restarts = state?.rateWatch?.restarts ?? [];
    this.start = this.allowsRestart ? state?.startVariables : undefined;
  }

  /** Whether the rate is watched and another restart is allowed. */
  get allowsRestart(): boolean {
    return this.#steps !== undefined && this.#restarts.length < (this.options?.restarts ?? 0);
  }

  get canRestart(): boolean {
    return this.start !== undefined;
  }

  /** Its part of a checkpoint. */
  get state(): Pick<TrainingState, "rateWatch" | "startVariables"> {
    const [restarts, steps, start] = [this.#restarts, this.#steps, this.start];
    if (steps === undefined) return restarts.length === 0 ? {} : { rateWatch: { restarts } };
    return { rateWatch: { restarts, steps: [...steps] }, ...(start === undefined ? {} : { startVariables: start }) };
  }

  /** Records a step; NaN if the loss or a gradient was not finite. */
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

  /** Records a restart and returns the first variables. If no restart is allowed: returns undefined and stops watching. */
  restart(restart: RateRestart): TrainingState["startVariables"] {
    const { start } = this;
    if (start === undefined) {
      this.#stop();
      return undefined;
    }
    this.#restarts = [...this.#restarts, restart];
    this.#steps = [];
    if (!this.allowsRestart) this.start = undefined;
    return start;
  }

  #stop(): void {
    this.#steps = undefined;
    this.start = undefined;
  }
}
