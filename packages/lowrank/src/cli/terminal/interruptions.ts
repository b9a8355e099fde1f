// Interruptions of a run. While a command listens, it can save its work; otherwise the system's default ends the process.

/** Ctrl-C, a request to end, a terminal that was closed, a scheduler that takes the machine, a reader of stdout that left. */
export type Interruption = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGPIPE";

export interface Interruptions {
  /** Calls the listener once, at the first interruption or at once after one; returns a function that stops listening. */
  readonly listen: (listener: () => void) => () => void;
  readonly isListening: () => boolean;
  readonly first: () => Interruption | undefined;
  /** Interrupts the run for a reason other than a signal to this process. */
  readonly interrupt: (interruption: Interruption) => void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const;
/** npm and a shell forward signals that we have received ourselves. A person takes longer to press Ctrl-C again. */
const echo = 500; // milliseconds
/** How often a run that npm started looks whether npm is still there. */
const look = 1000; // milliseconds

export function watchInterruptions(environment: Readonly<Record<string, string | undefined>>): Interruptions {
  const parent = process.ppid;
  let first: Interruption | undefined;
  let firstAt = 0;
  let onInterrupt: (() => void) | undefined;
  const interrupt = (interruption: Interruption) => {
    if (first !== undefined) return;
    first = interruption;
    firstAt = performance.now();
    onInterrupt?.();
  };
  const onSignal = (signal: (typeof signals)[number]) => {
    if (first === undefined) return interrupt(signal);
    // A second signal ends the process at once. A hangup is repeated by the terminal and by its shell, though, and a scheduler's
    // warning would start Node's debugger by default.
    if (signal === "SIGHUP" || signal === "SIGUSR1" || performance.now() - firstAt < echo) return;
    stop();
    process.kill(process.pid, signal);
  };
  // npm sends SIGTERM to the shell that it started us with. That shell ends without informing us.
  const lookForParent = () => {
    if (process.ppid !== parent) interrupt("SIGTERM");
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    onInterrupt = undefined;
    clearInterval(timer);
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  const listen = (listener: () => void) => {
    onInterrupt = listener;
    for (const signal of signals) process.on(signal, onSignal);
    if (environment.npm_lifecycle_event !== undefined) timer = setInterval(lookForParent, look).unref();
    if (first !== undefined) listener();
    return stop;
  };
  return { listen, isListening: () => onInterrupt !== undefined, first: () => first, interrupt };
}
