// Most backends never wait, so long work on the event loop has to let other events through.

/** Lets timers, sockets and messages through. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

const sliceMs = 10;

/** Creates a function that gives way to other events if it has not for ten milliseconds. */
export function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < sliceMs) return;
    await breathe();
    last = performance.now();
  };
}
