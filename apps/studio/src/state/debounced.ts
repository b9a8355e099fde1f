// Waits for a pause in calls, then runs the last one.

export interface Debounced {
  (work: () => void): void;
  /** Runs the waiting call at once. */
  flush(): void;
}

/** A wait of that many milliseconds. */
export function debounced(milliseconds: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void) | undefined;
  const flush = () => {
    clearTimeout(timer);
    const work = waiting;
    waiting = undefined;
    work?.();
  };
  const wait = (work: () => void) => {
    clearTimeout(timer);
    waiting = work;
    timer = setTimeout(flush, milliseconds);
  };
  return Object.assign(wait, { flush });
}
