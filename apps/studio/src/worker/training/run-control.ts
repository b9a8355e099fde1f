// How the page pauses, continues or stops a run.

import { LowrankError } from "@lowrank/contracts";

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

// A run belongs to one tab: another one neither offers to continue it nor continues it. Where the browser has no locks, or in
// Node, every run is this tab's.

const prefix = "lowrank-run-";

/** Does the work while no other tab can have this run. Throws RUN_ELSEWHERE where one has it. */
export function withRunLock<T>(run: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return work();
  return new Promise((resolve, reject) => {
    const hold = async (lock: Lock | null) => {
      if (lock === null)
        throw new LowrankError(
          "RUN_ELSEWHERE",
          "Another tab is training this run. Go there to follow it, or close it to continue here.",
        );
      resolve(await work());
    };
    locks.request(prefix + run, { ifAvailable: true }, hold).catch(reject);
  });
}

/** The runs that tabs have. */
export async function lockedRuns(): Promise<ReadonlySet<string>> {
  const { held = [] } = (await globalThis.navigator?.locks?.query()) ?? {};
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}
