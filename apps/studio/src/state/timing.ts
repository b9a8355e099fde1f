// Time per step: measured once when model and rows are there, and improved by every later step.

import { computed, effect, signal } from "@preact/signals";
import type { RunRequest } from "../protocol/run.ts";
import type { Ask } from "../worker-client.ts";
import { debounced } from "./debounced.ts";
import type { ModelState } from "./model.ts";
import type { RowsState } from "./rows.ts";
import type { RunState } from "./run.ts";
import type { SettingsState } from "./settings.ts";

export interface TimingContext {
  readonly ask: Ask;
  readonly model: ModelState;
  readonly rows: RowsState;
  readonly settings: SettingsState;
  readonly run: RunState;
  request(): RunRequest;
}

export class TimingState {
  readonly isTiming = signal(false);
  /** Seconds for each token with the open model on this engine. */
  readonly #secondsPerToken = signal<number | undefined>(undefined);
  /** Seconds of a step with the current settings. */
  readonly stepSeconds = computed(() => {
    const { value: perToken } = this.#secondsPerToken;
    const { rows, settings } = this.context;
    const count = rows.teachable.value.length;
    if (perToken === undefined || count === 0) return undefined;
    const perRow = rows.tokens.value / count;
    return perToken * perRow * Math.min(count, settings.training.value.batchSize);
  });
  readonly #timeSoon = debounced(600);

  constructor(private readonly context: TimingContext) {
    const { model, rows, run } = context;
    effect(() => {
      model.facts.value; // another model or engine: nothing is known of it
      this.#secondsPerToken.value = undefined;
    });
    effect(() => {
      const { value: last } = run.last;
      if (last !== undefined && last.tokensPerSecond > 0) this.#secondsPerToken.value = 1 / last.tokensPerSecond;
    });
    effect(() => {
      const isDue = model.isReady.value && !run.isBusy.value && rows.teachable.value.length > 0;
      if (isDue && this.#secondsPerToken.value === undefined) this.#timeSoon(() => void this.#time());
    });
  }

  /** Two rows are enough, to keep the wait short. */
  async #time(): Promise<void> {
    const { model, run, ask } = this.context;
    const request = this.context.request();
    const { value: facts } = model.facts;
    if (run.isBusy.value || facts === undefined) return;
    this.isTiming.value = true;
    try {
      const training = { ...request.training, batchSize: Math.min(2, request.training.batchSize) };
      const { seconds, tokens } = await ask("timeStep", { ...request, training });
      if (model.facts.value === facts && tokens > 0) this.#secondsPerToken.value ??= seconds / tokens;
    } catch {
      // The run itself reports the problem.
    } finally {
      this.isTiming.value = false;
    }
  }
}
