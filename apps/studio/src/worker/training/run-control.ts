// How the page pauses, continues or stops a run.

/** Pause, continue and stop, checked by the loop between two steps. */
export class RunControl {
  readonly #abort = new AbortController();
  #waiting: { readonly whenOver: Promise<void>; over(): void } | undefined;

  /** Aborts work within a step: answers, validations. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  stop(): void {
    this.#abort.abort();
    this.continue();
  }

  pause(): void {
    if (this.#waiting !== undefined || this.isStopped) return;
    let over = () => {};
    const whenOver = new Promise<void>((resolve) => {
      over = resolve;
    });
    this.#waiting = { whenOver, over };
  }

  continue(): void {
    this.#waiting?.over();
    this.#waiting = undefined;
  }

  /** Waits while the run is paused; calls `onPause` first. */
  async whileRunning(onPause: () => void): Promise<void> {
    if (this.#waiting === undefined) return;
    onPause();
    await this.#waiting.whenOver;
  }
}
