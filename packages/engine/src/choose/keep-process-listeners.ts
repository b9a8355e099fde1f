// The wasm backend's loader listens to uncaughtException and unhandledRejection and throws these errors again, from inside
// its own file of one line: any later error of the program would print that whole line first.

const events = ["uncaughtException", "unhandledRejection"] as const;

/** Runs a function, then removes the error listeners that it added to the process. Does nothing else outside Node. */
export async function withoutNewListeners<T>(run: () => Promise<T>): Promise<T> {
  if (typeof process === "undefined" || typeof process.listeners !== "function") return run();
  const before = new Map(events.map((event) => [event, listenersOf(event)]));
  try {
    return await run();
  } finally {
    for (const event of events) {
      for (const listener of listenersOf(event)) {
        if (!before.get(event)?.includes(listener)) process.removeListener(event, listener);
      }
    }
  }
}

type Listener = (...values: unknown[]) => void;

function listenersOf(event: (typeof events)[number]): Listener[] {
  return process.listeners(event as "uncaughtException") as Listener[];
}
