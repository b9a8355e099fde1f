// Measures a run's speed and its remaining time.

/** Steps over which the speed is averaged: enough for a stable value, few enough to follow a change. */
const windowSize = 10;

export interface Pace {
  readonly seconds: number;
  readonly secondsLeft: number;
  readonly tokensPerSecond: number | undefined;
}

/** Measures steps, without the time between them (evaluations, checkpoints). */
export class Stopwatch {
  readonly #clock: () => number;
  readonly #start: number;
  readonly #recent: { readonly seconds: number; readonly tokens: number | undefined }[] = [];

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#start = clock();
  }

  get seconds(): number {
    return (this.#clock() - this.#start) / 1000;
  }

  /** Records a step that began at `startedAt` seconds. */
  step(startedAt: number, tokens: number | undefined, stepsLeft: number): Pace {
    this.#recent.push({ seconds: this.seconds - startedAt, tokens });
    if (this.#recent.length > windowSize) this.#recent.shift();
    const spent = this.#recent.reduce((sum, { seconds }) => sum + seconds, 0);
    const counted = this.#recent.reduce((sum, entry) => sum + (entry.tokens ?? 0), 0);
    return {
      seconds: this.seconds,
      secondsLeft: (spent / this.#recent.length) * stepsLeft,
      tokensPerSecond: tokens === undefined ? undefined : spent > 0 ? counted / spent : 0,
    };
  }
}
