// Waits until nothing was asked for a while, and then does what was asked last.

export interface Debounced {
  (work: () => void): void;
  /** Does at once what waits. */
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
